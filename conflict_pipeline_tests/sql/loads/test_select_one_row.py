import pytest
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession


def readable(source: SnowflakeSession, table: str) -> int:
    return int(source.one("loads/select_one_row", None, table=sql.Identifier(table))["readable"])


@pytest.mark.parametrize(("rows", "found"), [(0, 0), (1, 1), (5, 1)])
def test_a_table_can_be_read_whether_it_has_rows_or_not(
    emulator: SnowflakeEmulator, rows: int, found: int
) -> None:
    emulator.execute("ANALYTICS", "BI", 'CREATE TABLE "Any Name" (A VARCHAR)')
    for _ in range(rows):
        emulator.execute("ANALYTICS", "BI", "INSERT INTO \"Any Name\" VALUES ('a')")

    with open_snowflake().session("test") as source:
        assert readable(source, "Any Name") == found


def test_one_that_is_not_there_cannot(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")

    with open_snowflake().session("test") as source, pytest.raises(PipelineError, match="Snowflake has no"):
        readable(source, "ABSENT")
