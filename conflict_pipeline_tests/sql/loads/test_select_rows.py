from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def rows(*columns: str) -> list[dict[str, str | None]]:
    with open_snowflake().session("test") as source:
        tables = source.batches(
            "loads/select_rows",
            None,
            table=sql.Identifier("Any Name"),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
        return [row for table in tables for row in table.to_pylist()]


def test_all_rows_with_the_columns_that_are_named(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", 'CREATE TABLE "Any Name" ("Id" VARCHAR, "a" VARCHAR, B VARCHAR)')
    statement = (
        """INSERT INTO "Any Name" VALUES ('1', '', 'x'), ('1', NULL, 'x'), (NULL, '100% ''é''', 'x')"""
    )
    emulator.execute("ANALYTICS", "BI", statement)

    assert rows("a", "Id") == [
        {"a": "", "Id": "1"},
        {"a": None, "Id": "1"},
        {"a": "100% 'é'", "Id": None},
    ]


def test_of_an_empty_table_nothing(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", 'CREATE TABLE "Any Name" ("Id" VARCHAR)')

    assert rows("Id") == []
