from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import WINDOW, insert, pair


def orphans(session: Session) -> int:
    return int(session.one("checks/count_orphan_rows", WINDOW)["failing"])


def test_eligible_rows_without_their_parent_are_counted(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, 1, CONFLICTID=7)
    pair(scratch, 2, CONFLICTID=8)
    pair(scratch, 3, CONFLICTID=8)

    assert orphans(scratch) == 2


@pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": WINDOW["window_end"] + timedelta(days=1)}]
)
def test_rows_that_are_not_eligible_need_no_parent(scratch: Session, columns: dict[str, Any]) -> None:
    pair(scratch, **columns)

    assert orphans(scratch) == 0
