from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair


def test_it_has_the_columns_types_and_no_row(scratch: Session) -> None:
    pair(scratch)

    scratch.execute("bench/create_ready", columns=sql.SQL('"ID", "SSN"'))

    columns = scratch.conn.execute(
        """SELECT attname, format_type(atttypid, atttypmod) AS type_name
        FROM pg_attribute WHERE attrelid = 'conflict.bench_ready'::regclass AND attnum > 0 ORDER BY attnum"""
    ).fetchall()
    assert [row["attname"] for row in columns] == ["ID", "SSN"]
    assert columns[0]["type_name"] == "numeric(38,0)"
    assert scratch.conn.execute("SELECT FROM conflict.bench_ready").fetchall() == []
