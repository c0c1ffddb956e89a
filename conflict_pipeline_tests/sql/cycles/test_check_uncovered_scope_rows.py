from datetime import date, timedelta

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, chunk, cycle, insert

NEXT_DAY = DAY + timedelta(days=1)


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
