from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import at, cycle, pair

OPENED = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, AFTER = at("11:00"), at("12:00")


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

    assert scratch.one("checks/count_untouched_rows", opened) == {"failing": untouched}


def test_the_time_of_an_update_is_the_report_time_zones(scratch: Session) -> None:
    scratch.conn.execute("SELECT set_config('TimeZone', 'America/New_York', false)")
    opened = cycle(scratch, opened_at=OPENED, last_row_id=10)
    pair(scratch, UpdatedDate=(OPENED - timedelta(hours=5)).replace(tzinfo=None))

    assert scratch.one("checks/count_untouched_rows", opened) == {"failing": 0}


@pytest.mark.parametrize(("flag", "untouched"), [(1, 0), (None, 0), (0, 1)])
def test_where_only_differences_are_written_a_row_without_a_mark_may_be_old(
    scratch: Session, flag: int | None, untouched: int
) -> None:
    opened = cycle(scratch, opened_at=OPENED, last_row_id=10, settings='{"write_mode": "changed"}')
    pair(scratch, UpdateFlag=flag, UpdatedDate=BEFORE)

    assert scratch.one("checks/count_untouched_rows", opened) == {"failing": untouched}
