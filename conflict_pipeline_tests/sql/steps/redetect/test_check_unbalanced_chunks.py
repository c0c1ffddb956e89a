import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle

COUNTS = {"planned": 6, "marked": 6, "redetected": 3, "not_redetected": 2, "guarded": 1}


@pytest.mark.parametrize(
    ("counts", "failing", "not_marked"),
    [
        ({}, 0, 0),
        ({"redetected": 4}, 1, 0),
        ({"not_redetected": -1, "redetected": 6}, 1, 0),
        ({"planned": 5}, 0, 1),
        ({"marked": 7, "guarded": 2}, 0, 1),
        ({"state": "failed", "redetected": 4, "planned": 5}, 0, 0),
    ],
)
def test_completed_chunks_whose_counts_do_not_add_up_are_counted(
    scratch: Session, counts: dict[str, int], failing: int, not_marked: int
) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, **{"state": "completed", **COUNTS, **counts})

    found = scratch.one("steps/redetect/check_counts_add_up", opened)

    assert found == {"failing": failing, "planned_is_not_marked": not_marked}
