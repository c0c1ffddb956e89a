from conflict_pipeline.postgres.session import Session


def test_those_of_the_schema_are_found_and_no_others(scratch: Session) -> None:
    scratch.conn.execute("CREATE FUNCTION analytics.elsewhere() RETURNS integer LANGUAGE sql AS 'SELECT 1'")

    rows = scratch.rows("schema/select_functions", {"conflict_schema": "conflict"})

    assert {row["function_name"] for row in rows} == {"analyze_table", "note_deleted_key"}
