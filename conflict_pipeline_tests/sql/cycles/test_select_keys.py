from datetime import date, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, pair

NEXT_DAY = DAY + timedelta(days=1)


def keys(session: Session) -> list[tuple[date, str, int]]:
    rows = session.rows("cycles/select_keys", WINDOW)
    return [(row["visit_date"], row["ssn"], row["rows"]) for row in rows]


def test_rows_are_counted_by_date_and_ssn_in_chunk_order(scratch: Session) -> None:
    for number, (day, ssn) in enumerate(
        [(NEXT_DAY, SSN), (DAY, "900000002"), (DAY, SSN), (DAY, "b"), (DAY, "B"), (DAY, SSN)], start=1
    ):
        pair(scratch, number, VisitDate=day, SSN=ssn)

    assert keys(scratch) == [
        (DAY, SSN, 2),
        (DAY, "900000002", 1),
        (DAY, "B", 1),
        (DAY, "b", 1),
        (NEXT_DAY, SSN, 1),
    ]


def test_rows_without_ssn_are_one_key_that_sorts_first(scratch: Session) -> None:
    for number, ssn in enumerate((SSN, None, "", None), start=1):
        pair(scratch, number, SSN=ssn)

    assert keys(scratch) == [(DAY, "", 3), (DAY, SSN, 1)]


@pytest.mark.parametrize("day", WINDOW.values(), ids=["first", "last"])
def test_the_window_includes_both_its_ends(scratch: Session, day: date) -> None:
    pair(scratch, VisitDate=day)

    assert keys(scratch) == [(day, SSN, 1)]


@pytest.mark.parametrize(
    "columns",
    [
        {"CONFLICTID": None},
        {"VisitDate": None},
        {"VisitDate": WINDOW["window_start"] - timedelta(days=1)},
        {"VisitDate": WINDOW["window_end"] + timedelta(days=1)},
    ],
)
def test_rows_that_are_not_eligible_do_not_count(scratch: Session, columns: dict[str, Any]) -> None:
    pair(scratch, **columns)

    assert keys(scratch) == []
