from datetime import UTC, datetime
from typing import Any

import pytest

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import DAY, Row, at, cycle, insert, pair

OPENED = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, AFTER = at("11:00"), at("12:00")


def opened_with_row(session: Session, **columns: Any) -> Row:
    """A cycle of scope `changed` with row 1 in its scope."""
    opened = cycle(session, opened_at=OPENED, scope="changed", **columns)
    values = {"cycle_id": opened["cycle_id"], "visit_date": DAY, "ssn": "", "row_id": 1}
    insert(session, "conflict_scope_row", **values)
    return opened


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

    assert scratch.one("checks/count_untouched_scope_rows", opened) == {"failing": untouched}


@pytest.mark.parametrize(("flag", "untouched"), [(1, 0), (None, 0), (0, 1)])
def test_where_only_differences_are_written_a_row_without_a_mark_may_be_old(
    scratch: Session, flag: int | None, untouched: int
) -> None:
    opened = opened_with_row(scratch, settings='{"write_mode": "changed"}')
    pair(scratch, UpdateFlag=flag, UpdatedDate=BEFORE)

    assert scratch.one("checks/count_untouched_scope_rows", opened) == {"failing": untouched}
