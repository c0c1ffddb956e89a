from psycopg import sql

from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.sql.parity.hashes import HUGE, range_hash
from conflict_pipeline_tests.sql.parity.snowflake.conftest import PARTS


def within(session: SnowflakeSession, *starts: int) -> list[tuple[int, int, str]]:
    """Leaves of 10 IDs within ranges of 100."""
    values = {"width": 10, "outer_width": 100, "outer_starts": list(starts)}
    values |= {"lowest": min(starts), "highest": max(starts) + 99}
    name = "parity/snowflake/select_hashes_within"
    found = session.rows(name, values, row_text=sql.Identifier("Text"), **PARTS)
    return [(int(row["range_start"]), row["row_count"], row["range_hash"]) for row in found]


def test_the_ranges_within_are_hashed_and_no_others(rows: SnowflakeSession) -> None:
    assert within(rows, 0) == [
        (0, 2, range_hash("0", "9")),
        (10, 1, range_hash("10")),
        (90, 1, range_hash("99")),
    ]
    assert within(rows, HUGE, -100) == [
        (-100, 1, range_hash("-100")),
        (-10, 1, range_hash("-1")),
        (HUGE, 1, range_hash(str(HUGE))),
    ]


def test_a_range_without_rows_gives_nothing(rows: SnowflakeSession) -> None:
    assert within(rows, 200) == []
