from datetime import date
from typing import Any

from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

TABLE = 'CREATE TABLE VISITS ("Visit Id" VARCHAR, "Visit Date" DATE)'


def counts() -> list[dict[str, Any]]:
    with open_snowflake().session("test") as source:
        return source.rows(
            "loads/count_rows_by_date",
            None,
            table=sql.Identifier("VISITS"),
            date=sql.Identifier("Visit Date"),
        )


def test_dates_come_in_order_and_rows_without_one_first(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", TABLE)
    emulator.execute(
        "ANALYTICS",
        "BI",
        "INSERT INTO VISITS VALUES ('1', '2026-03-02'), ('2', NULL), ('3', '0001-01-01'),"
        " ('4', '2026-03-02'), ('5', NULL), ('6', '9999-12-31'), ('6', '2026-03-02'), (NULL, '1969-12-31')",
    )

    assert counts() == [
        {"day": None, "row_count": 2},
        {"day": date.min, "row_count": 1},
        {"day": date(1969, 12, 31), "row_count": 1},
        {"day": date(2026, 3, 2), "row_count": 3},
        {"day": date.max, "row_count": 1},
    ]


def test_an_empty_table_has_no_date(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", TABLE)

    assert counts() == []
