from datetime import timedelta
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, Row, cycle, insert, pair
from conflict_pipeline_tests.sql.steps.redetect.scopes import in_scope, look_at

NOT_ELIGIBLE = pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": WINDOW["window_end"] + timedelta(days=1)}]
)


def orphans(session: Session) -> int:
    return int(
        session.one("steps/redetect/check_rows_have_a_parent", WINDOW, is_looked_at=sql.SQL("TRUE"))[
            "failing"
        ]
    )


def orphans_in_scope(session: Session, of_cycle: Row) -> int:
    found = session.one("steps/redetect/check_rows_have_a_parent", of_cycle, is_looked_at=in_scope(session))
    return int(found["failing"])


def test_eligible_rows_without_their_parent_are_counted(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, 1, CONFLICTID=7)
    pair(scratch, 2, CONFLICTID=8)
    pair(scratch, 3, CONFLICTID=8)

    assert orphans(scratch) == 2


@NOT_ELIGIBLE
def test_rows_that_are_not_eligible_need_no_parent(scratch: Session, columns: dict[str, Any]) -> None:
    pair(scratch, **columns)

    assert orphans(scratch) == 0


def test_of_the_rows_in_a_scope_these_alone_are_counted(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, 1, CONFLICTID=7)
    for number in (2, 3, 4):
        pair(scratch, number, CONFLICTID=8)
    other, opened = cycle(scratch, cycle_key="c1", state="completed"), cycle(scratch)
    look_at(scratch, opened, 1, 2, 3)
    look_at(scratch, other, 4)

    assert orphans_in_scope(scratch, opened) == 2


@NOT_ELIGIBLE
def test_rows_in_a_scope_that_are_not_eligible_any_more_need_no_parent(
    scratch: Session, columns: dict[str, Any]
) -> None:
    pair(scratch, **columns)
    opened = cycle(scratch)
    look_at(scratch, opened, 1)

    assert orphans_in_scope(scratch, opened) == 0
