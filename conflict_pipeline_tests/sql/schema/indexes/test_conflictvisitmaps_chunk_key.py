import re

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, chunk, cycle, pair


def plan_of(session: Session, statement: str, values: dict[str, object]) -> str:
    """How Postgres would run it on a large table, as text."""
    session.conn.execute("SET LOCAL enable_seqscan = off")
    session.conn.execute("SET LOCAL enable_bitmapscan = off")
    explain = session.conn.execute(b"EXPLAIN " + session.statement(statement).as_bytes(session.conn), values)
    return "\n".join(next(iter(row.values())) for row in explain.fetchall())


def test_it_finds_the_rows_of_a_chunk(scratch: Session) -> None:
    pair(scratch)
    row = chunk(scratch, cycle(scratch), from_date=DAY, from_ssn=SSN)
    scratch.execute("task_02/create_chunk_row")

    plan = plan_of(scratch, "task_02/insert_chunk_rows", {**row, **WINDOW})

    assert re.search("Index Scan (using|on) conflictvisitmaps_chunk_key", plan)
    assert "ROW(" in plan.split("Index Cond", 1)[1].split("\n")[0]


def test_it_gives_the_keys_in_chunk_order(scratch: Session) -> None:
    pair(scratch)

    plan = plan_of(scratch, "ledger/select_keys", dict(WINDOW))

    assert "conflictvisitmaps_chunk_key" in plan
    assert "Sort" not in plan


def test_creating_it_again_is_no_error(session: Session) -> None:
    created = session.execute("schema/indexes/conflictvisitmaps_chunk_key")

    assert created.statusmessage == "CREATE INDEX"
