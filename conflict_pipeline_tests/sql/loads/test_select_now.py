import time

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def test_it_is_the_time_in_microseconds_since_1970(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    with open_snowflake().session("test") as source:
        before = time.time() * 1e6

        now = source.one("loads/select_now")["microseconds"]
        later = source.one("loads/select_now")["microseconds"]

    # The emulator's clock is this machine's.
    assert before - 1e3 <= now < later <= time.time() * 1e6 + 1e3
