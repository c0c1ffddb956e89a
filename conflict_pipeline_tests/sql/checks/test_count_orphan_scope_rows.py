from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, cycle, insert, pair


def orphans(session: Session, of_cycle: Row) -> int:
    return int(session.one("checks/count_orphan_scope_rows", of_cycle)["failing"])


def look_at(session: Session, of_cycle: Row, *row_ids: int) -> None:
    for row_id in row_ids:
        values = {"cycle_id": of_cycle["cycle_id"], "visit_date": DAY, "ssn": SSN, "row_id": row_id}
        insert(session, "conflict_scope_row", **values)


def test_rows_that_the_cycle_looks_at_are_counted_without_their_parent(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, 1, CONFLICTID=7)
    for number in (2, 3, 4):
        pair(scratch, number, CONFLICTID=8)
    other, opened = cycle(scratch, cycle_key="c1", state="completed"), cycle(scratch)
    look_at(scratch, opened, 1, 2, 3)
    look_at(scratch, other, 4)

    assert orphans(scratch, opened) == 2


@pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": WINDOW["window_end"] + timedelta(days=1)}]
)
def test_rows_that_are_not_eligible_any_more_need_no_parent(
    scratch: Session, columns: dict[str, Any]
) -> None:
    pair(scratch, **columns)
    opened = cycle(scratch)
    look_at(scratch, opened, 1)

    assert orphans(scratch, opened) == 0
