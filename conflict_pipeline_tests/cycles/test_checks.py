"""The checks of the plan and of the steps: what each one counts."""

from datetime import date, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, chunk, cycle, insert, pair

NEXT_DAY = DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("ranges", "overlapping"),
    [
        pytest.param([((DAY, ""), (DAY, SSN)), ((DAY, SSN), (NEXT_DAY, ""))], 0, id="meeting"),
        pytest.param([((DAY, ""), (DAY, "900000002")), ((DAY, SSN), (NEXT_DAY, ""))], 1, id="one key twice"),
        pytest.param([((DAY, SSN), (NEXT_DAY, "")), ((DAY, SSN), (NEXT_DAY, ""))], 1, id="equal"),
        pytest.param([((DAY, ""), (DAY, SSN)), ((NEXT_DAY, ""), (NEXT_DAY, SSN))], 0, id="apart"),
    ],
)
def test_chunks_that_begin_before_another_ends_are_counted(
    scratch: Session, ranges: list[tuple[tuple[object, str], tuple[object, str]]], overlapping: int
) -> None:
    opened = cycle(scratch)
    for number, (start, end) in enumerate(ranges, start=1):
        borders = {"from_date": start[0], "from_ssn": start[1], "to_date": end[0], "to_ssn": end[1]}
        chunk(scratch, opened, number, **borders)

    assert scratch.one("cycles/check_are_disjoint", opened) == {"failing": overlapping}


def test_chunks_of_two_cycles_may_overlap(scratch: Session) -> None:
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))
    opened = cycle(scratch)
    chunk(scratch, opened)

    assert scratch.one("cycles/check_are_disjoint", opened) == {"failing": 0}


@pytest.mark.parametrize(
    ("columns", "uncovered"),
    [
        pytest.param({}, 0, id="the first key"),
        pytest.param({"SSN": "900000000"}, 1, id="a key before"),
        pytest.param({"SSN": None}, 1, id="no SSN"),
        pytest.param({"VisitDate": NEXT_DAY, "SSN": None}, 1, id="the end"),
        pytest.param({"VisitDate": NEXT_DAY + timedelta(days=99)}, 0, id="out of the window"),
        pytest.param({"CONFLICTID": None, "SSN": None}, 0, id="no parent"),
    ],
)
def test_eligible_rows_in_no_range_are_counted(
    scratch: Session, columns: dict[str, Any], uncovered: int
) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, from_date=DAY, from_ssn=SSN, to_date=NEXT_DAY, to_ssn="")
    pair(scratch, **columns)

    assert scratch.one("cycles/check_cover_every_row", opened) == {"failing": uncovered}


def test_without_chunks_every_eligible_row_is_uncovered(scratch: Session) -> None:
    pair(scratch)

    assert scratch.one("cycles/check_cover_every_row", {**cycle(scratch), **WINDOW}) == {"failing": 1}


@pytest.mark.parametrize(
    ("day", "ssn", "uncovered"),
    [
        pytest.param(DAY, SSN, 0, id="the first key"),
        pytest.param(DAY, "x", 0, id="within"),
        pytest.param(NEXT_DAY, "", 1, id="the end"),
        pytest.param(DAY, "900000000", 1, id="before"),
    ],
)
def test_rows_in_the_range_of_no_chunk_are_counted(
    scratch: Session, day: date, ssn: str, uncovered: int
) -> None:
    other = cycle(scratch, cycle_key="c1", state="completed")
    chunk(scratch, other)
    opened = cycle(scratch)
    chunk(scratch, opened, from_date=DAY, from_ssn=SSN, to_date=NEXT_DAY, to_ssn="")
    for of_cycle in (opened, other):
        values = {"cycle_id": of_cycle["cycle_id"], "visit_date": day, "ssn": ssn, "row_id": 1}
        insert(scratch, "conflict_changed_row", **values)

    assert scratch.one("cycles/check_cover_every_row_incremental", opened) == {"failing": uncovered}
