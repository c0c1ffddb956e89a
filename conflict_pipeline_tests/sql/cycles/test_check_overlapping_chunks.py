from datetime import timedelta

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, chunk, cycle

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
