from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, chunk, cycle, pair

NEXT_DAY = DAY + timedelta(days=1)


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
