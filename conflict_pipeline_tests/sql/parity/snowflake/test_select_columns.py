from psycopg import sql

from conflict_pipeline.snowflake.session import SnowflakeSession


def names(session: SnowflakeSession, schema: str, table: str) -> list[str]:
    catalog = sql.Identifier("CONFLICTREPORT", "INFORMATION_SCHEMA")
    values = {"schema": schema, "table": table}
    found = session.rows("parity/snowflake/select_columns", values, catalog=catalog)
    return [row["column_name"] for row in found]


def test_names_are_as_they_are_stored_and_in_their_order(rows: SnowflakeSession) -> None:
    assert names(rows, "PUBLIC", "ROWS") == ["ID", "Text"]


def test_a_table_that_is_not_there_has_no_columns(rows: SnowflakeSession) -> None:
    assert names(rows, "PUBLIC", "OTHER") == []
    assert names(rows, "OTHER", "ROWS") == []
