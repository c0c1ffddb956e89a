import re

from conflict_pipeline.resources.snowflake import open_snowflake
from conflict_pipeline.resources.snowflake_stand_in import SnowflakeStandIn


def test_it_is_numbers_with_points(stand_in: SnowflakeStandIn) -> None:
    stand_in.execute("ANALYTICS", "BI", "SELECT 1")

    with open_snowflake().session("test") as source:
        row = source.one("snowflake/select_version")

    assert re.fullmatch(r"\d+(\.\d+)+", row["version"])
