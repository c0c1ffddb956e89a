"""The indexes serve the statements that they were made for."""

import re
from datetime import timedelta

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, WINDOW, chunk, cycle

MANY_ROWS = """
    INSERT INTO conflict.conflictvisitmaps ("ID", "CONFLICTID", "VisitDate", "SSN")
    SELECT n, n, %(day)s::date - (n %% 700)::integer, (900000000 + n)::text FROM generate_series(1, 5000) AS n
"""


def query_plan(session: Session, statement: sql.Composed | bytes, values: dict[str, object]) -> str:
    text = statement if isinstance(statement, bytes) else statement.as_bytes(session.conn)
    rows = session.conn.execute(b"EXPLAIN " + text, values).fetchall()
    return "\n".join(next(iter(row.values())) for row in rows)


@pytest.fixture
def many_rows(scratch: Session) -> Session:
    scratch.conn.execute(MANY_ROWS, {"day": DAY})
    scratch.conn.execute("ANALYZE conflict.conflictvisitmaps")
    return scratch


def test_the_chunk_key_finds_the_rows_of_a_chunk(many_rows: Session) -> None:
    """And nothing else of the index: a comparison with the window would begin at the window's start."""
    row = chunk(many_rows, cycle(many_rows), from_date=DAY - timedelta(days=1), to_date=DAY)
    many_rows.execute("cycles/create_chunk_row")
    many_rows.conn.execute("SET LOCAL enable_seqscan = off")

    plan = query_plan(many_rows, many_rows.statement("cycles/insert_chunk_rows"), {**row, **WINDOW})

    assert re.search("Index Scan (using|on) conflictvisitmaps_chunk_key", plan)
    condition = plan.partition("conflictvisitmaps_chunk_key")[2].partition("Index Cond: ")[2].split("\n")[0]
    assert condition.count("ROW(") == 4
    assert WINDOW["window_start"].isoformat() not in condition


def test_the_chunk_key_gives_the_keys_in_chunk_order(many_rows: Session) -> None:
    # On narrow rows all of these are cheaper.
    many_rows.conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    many_rows.conn.execute("SET LOCAL enable_sort = off")

    plan = query_plan(many_rows, many_rows.statement("cycles/select_keys"), dict(WINDOW))

    assert "conflictvisitmaps_chunk_key" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            b"""SELECT * FROM analytics.dimpatientaddress WHERE "Patient Id" = 't'""",
            "dimpatientaddress_patient_id",
        ),
        (
            b"SELECT * FROM conflict.conflict_changed_key WHERE changed_by >= '3'",
            "conflict_changed_key_changed_by",
        ),
    ],
)
def test_rows_are_found(scratch: Session, query: bytes, index: str) -> None:
    scratch.conn.execute("SET LOCAL enable_seqscan = off")

    assert index in query_plan(scratch, query, {})
