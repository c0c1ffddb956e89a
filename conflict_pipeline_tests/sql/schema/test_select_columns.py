from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row

SCHEMAS = {"conflict_schema": "conflict", "analytics_schema": "analytics"}


def columns(session: Session, table: str) -> list[Row]:
    return [row for row in session.rows("schema/select_columns", SCHEMAS) if row["table_name"] == table]


def test_columns_come_with_schema_and_type(scratch: Session) -> None:
    found = {row["column_name"]: (row["schema_name"], row["type_name"]) for row in columns(scratch, "mph")}

    assert found["From"] == ("conflict", "numeric(38,0)")
    assert found["TYPE"] == ("conflict", "character varying(50)")


def test_dropped_and_system_columns_are_not_there(scratch: Session) -> None:
    scratch.conn.execute('ALTER TABLE conflict.mph DROP COLUMN "TYPE"')

    found = {row["column_name"] for row in columns(scratch, "mph")}

    assert found == {"ID", "RECORDEDDATETIME", "From", "To", "AverageMilesPerHour"}


def test_views_count_and_tables_of_other_schemas_do_not(scratch: Session) -> None:
    scratch.conn.execute("CREATE VIEW conflict.speed AS SELECT 1 AS miles")
    scratch.conn.execute("CREATE TABLE public.elsewhere (x int)")

    assert [row["column_name"] for row in columns(scratch, "speed")] == ["miles"]
    assert columns(scratch, "elsewhere") == []
