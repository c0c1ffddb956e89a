from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.sql.parity.hashes import HUGE, IDS
from conflict_pipeline_tests.sql.parity.snowflake.conftest import PARTS


def counts(session: SnowflakeSession, width: int) -> list[tuple[int, int]]:
    found = session.rows("parity/snowflake/select_ranges", {"width": width}, **PARTS)
    return [(int(row["range_start"]), row["row_count"]) for row in found]


def test_the_ranges_that_hold_rows_are_in_order(rows: SnowflakeSession) -> None:
    assert counts(rows, 100) == [(-100, 2), (0, 4), (100, 1), (HUGE, 1)]


def test_every_row_is_in_the_range_of_its_width(rows: SnowflakeSession) -> None:
    for width in (1, 7, 10_000):
        expected = sorted({row_id // width * width for row_id in IDS})

        assert [start for start, _ in counts(rows, width)] == expected
