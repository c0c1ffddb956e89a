import re
from datetime import timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, WINDOW, chunk, cycle

MANY_ROWS = """
    INSERT INTO conflict.conflictvisitmaps ("ID", "CONFLICTID", "VisitDate", "SSN")
    SELECT n, n, %(day)s::date - (n %% 700)::integer, (900000000 + n)::text FROM generate_series(1, 5000) AS n
"""


def plan_of(session: Session, statement: str, values: dict[str, object]) -> str:
    """How Postgres runs it on a table of some thousand rows, as text."""
    session.conn.execute(MANY_ROWS, {"day": DAY})
    session.conn.execute("ANALYZE conflict.conflictvisitmaps")
    explain = session.conn.execute(b"EXPLAIN " + session.statement(statement).as_bytes(session.conn), values)
    return "\n".join(next(iter(row.values())) for row in explain.fetchall())


def test_it_finds_the_rows_of_a_chunk(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch), from_date=DAY - timedelta(days=1), to_date=DAY)
    scratch.execute("cycles/create_chunk_row")

    plan = plan_of(scratch, "cycles/insert_chunk_rows", {**row, **WINDOW})

    assert re.search("Index Scan (using|on) conflictvisitmaps_chunk_key", plan)
    assert "ROW(" in plan.split("Index Cond", 1)[1].split("\n")[0]


def test_it_gives_the_keys_in_chunk_order(scratch: Session) -> None:
    # All of them cheaper as long as the rows are narrow.
    scratch.conn.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    scratch.conn.execute("SET LOCAL enable_sort = off")

    plan = plan_of(scratch, "cycles/select_keys", dict(WINDOW))

    assert "conflictvisitmaps_chunk_key" in plan
    assert "Sort" not in plan


def test_creating_it_again_is_no_error(session: Session) -> None:
    created = session.execute("schema/indexes/conflictvisitmaps_chunk_key")

    assert created.statusmessage == "CREATE INDEX"
