from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, at, cycle, pair
from conflict_pipeline_tests.sql.steps.redetect.scopes import in_scope, look_at

OPENED = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, AFTER = at("11:00"), at("12:00")
IN_FULL = sql.SQL('cvm."ID" <= cycle.last_row_id')
FLAGS = pytest.mark.parametrize(("flag", "untouched"), [(1, 0), (None, 0), (0, 1)])


def untouched_rows(session: Session, opened: Row, is_looked_at: sql.Composable) -> Row:
    return session.one("steps/redetect/check_untouched_rows", opened, is_looked_at=is_looked_at)


def opened_with_row(session: Session, **columns: Any) -> Row:
    """A cycle of scope `changed` with row 1 in its scope."""
    opened = cycle(session, opened_at=OPENED, mode="incremental", **columns)
    look_at(session, opened, 1)
    return opened


@pytest.mark.parametrize(
    ("columns", "untouched"),
    [
        pytest.param({"UpdateFlag": 1}, 0, id="marked"),
        pytest.param({"UpdatedDate": AFTER}, 0, id="updated"),
        pytest.param({"UpdatedDate": BEFORE}, 1, id="updated before the cycle"),
        pytest.param({}, 1, id="never updated"),
        pytest.param({"UpdateFlag": 0}, 1, id="not marked"),
        pytest.param({"ID": 11}, 0, id="new since the plan"),
        pytest.param({"CONFLICTID": None}, 0, id="no parent"),
        pytest.param({"VisitDate": "2020-01-01"}, 0, id="out of the window"),
    ],
)
def test_eligible_rows_that_were_neither_updated_nor_marked_are_counted(
    scratch: Session, columns: dict[str, Any], untouched: int
) -> None:
    opened = cycle(scratch, opened_at=OPENED, last_row_id=10)
    pair(scratch, **columns)

    assert untouched_rows(scratch, opened, IN_FULL) == {"failing": untouched}


def test_the_time_of_an_update_is_the_report_time_zones(scratch: Session) -> None:
    scratch.conn.execute("SELECT set_config('TimeZone', 'America/New_York', false)")
    opened = cycle(scratch, opened_at=OPENED, last_row_id=10)
    pair(scratch, UpdatedDate=(OPENED - timedelta(hours=5)).replace(tzinfo=None))

    assert untouched_rows(scratch, opened, IN_FULL) == {"failing": 0}


@FLAGS
def test_where_only_differences_are_written_a_row_without_a_mark_may_be_old(
    scratch: Session, flag: int | None, untouched: int
) -> None:
    opened = cycle(scratch, opened_at=OPENED, last_row_id=10, settings='{"write_mode": "changed"}')
    pair(scratch, UpdateFlag=flag, UpdatedDate=BEFORE)

    assert untouched_rows(scratch, opened, IN_FULL) == {"failing": untouched}


@pytest.mark.parametrize(
    ("columns", "untouched"),
    [
        pytest.param({"UpdateFlag": 1}, 0, id="marked"),
        pytest.param({"UpdatedDate": AFTER}, 0, id="updated"),
        pytest.param({"UpdatedDate": BEFORE}, 1, id="updated before the cycle"),
        pytest.param({}, 1, id="never updated"),
        pytest.param({"UpdateFlag": 0}, 1, id="not marked"),
        pytest.param({"ID": 2}, 0, id="not in the scope"),
        pytest.param({"CONFLICTID": None}, 0, id="no parent"),
        pytest.param({"VisitDate": "2020-01-01"}, 0, id="out of the window"),
    ],
)
def test_rows_of_the_scope_that_were_neither_updated_nor_marked_are_counted(
    scratch: Session, columns: dict[str, Any], untouched: int
) -> None:
    opened = opened_with_row(scratch)
    pair(scratch, **columns)

    assert untouched_rows(scratch, opened, in_scope(scratch)) == {"failing": untouched}


@FLAGS
def test_in_a_scope_too_a_row_without_a_mark_may_be_old_where_only_differences_are_written(
    scratch: Session, flag: int | None, untouched: int
) -> None:
    opened = opened_with_row(scratch, settings='{"write_mode": "changed"}')
    pair(scratch, UpdateFlag=flag, UpdatedDate=BEFORE)

    assert untouched_rows(scratch, opened, in_scope(scratch)) == {"failing": untouched}
