import re

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def test_it_is_numbers_with_points(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")

    with open_snowflake().session("test") as source:
        row = source.one("loads/select_version")

    assert re.fullmatch(r"\d+(\.\d+)+", row["version"])
