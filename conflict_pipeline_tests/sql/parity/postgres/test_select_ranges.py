import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.parity.hashes import HUGE, IDS


def counts(session: Session, width: int) -> list[tuple[int, int]]:
    found = session.rows("parity/postgres/select_ranges", {"width": width})
    return [(row["range_start"], row["row_count"]) for row in found]


def test_the_ranges_that_hold_rows_are_in_order(rows: Session) -> None:
    assert counts(rows, 100) == [(-100, 2), (0, 4), (100, 1), (HUGE, 1)]


@pytest.mark.parametrize("width", [1, 7, 10, 10_000])
def test_every_row_is_in_the_range_of_its_width(rows: Session, width: int) -> None:
    assert [start for start, _ in counts(rows, width)] == sorted({row_id // width * width for row_id in IDS})


def test_an_empty_table_has_no_ranges(scratch: Session) -> None:
    assert counts(scratch, 100) == []
