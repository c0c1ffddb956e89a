from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, Row, cycle, insert, pair
from conflict_pipeline_tests.sql.report.prepared import figure


def changes(session: Session) -> Row:
    (found,) = figure(session, "changes")
    return found


def test_without_an_earlier_cycle_it_is_unknown_what_is_new(scratch: Session) -> None:
    cycle(scratch, cycle_key="c20260301t000000", state="superseded", last_row_id=1)
    pair(scratch)

    assert changes(scratch) == {
        "previous_cycle_key": None, "new_rows": None, "reopened_rows": 0, "resolved_rows": 0,
    }  # fmt: skip


def test_detected_rows_above_the_last_id_of_the_completed_cycle_before_are_new(scratch: Session) -> None:
    cycle(scratch, cycle_key="c20260227t000000", state="completed", last_row_id=1)
    cycle(scratch, cycle_key="c20260228t000000", state="completed", last_row_id=5)
    cycle(scratch, cycle_key="c20260301t000000", state="superseded", last_row_id=6)
    for number in (4, 5, 6, 7):
        pair(scratch, number)
    pair(scratch, 8, UpdateFlag=1)

    found = changes(scratch)

    assert (found["previous_cycle_key"], found["new_rows"]) == ("c20260228t000000", 2)


@pytest.mark.parametrize(
    ("before", "now", "flag", "is_reopened"),
    [
        ("R", "U", None, True),
        ("D", "U", None, True),
        ("U", "U", None, False),
        ("W", "W", None, False),
        (None, None, None, False),
        ("R", "R", 1, False),
        ("R", "U", 1, False),
    ],
)
def test_a_detected_row_that_was_set_back_to_u_is_reopened(
    scratch: Session, before: str | None, now: str | None, flag: int | None, is_reopened: bool
) -> None:
    insert(scratch, "conflictvisitmaps_temp", ID=1, ConStatusFlag=before, StatusFlag="R")
    pair(scratch, 1, StatusFlag=now, UpdateFlag=flag)

    assert changes(scratch)["reopened_rows"] == int(is_reopened)


@pytest.mark.parametrize(
    ("columns", "is_resolved"),
    [
        ({"UpdateFlag": 1}, True),
        ({"UpdateFlag": 1, "ResolveDate": "2026-03-01"}, False),
        ({"UpdateFlag": 1, "PTOEndDate": DAY}, False),
        ({}, False),
    ],
)
def test_a_marked_row_that_is_not_yet_noted_as_resolved_is_resolved(
    scratch: Session, columns: dict[str, Any], is_resolved: bool
) -> None:
    pair(scratch, **columns)

    assert changes(scratch)["resolved_rows"] == int(is_resolved)
