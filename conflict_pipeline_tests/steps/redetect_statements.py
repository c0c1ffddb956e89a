"""The statements of Task 02 in their order, over every row of conflictvisitmaps."""

from dataclasses import asdict
from typing import Any

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import redetect
from conflict_pipeline_tests.rows import WIDE, WINDOW, Row


def take_every_row(session: Session) -> None:
    """The temporary table chunk_row with every row's ID."""
    # Under a transaction of the test the temporary tables do not fall of their own accord.
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.visit, pg_temp.chunk_row")
    session.execute("cycles/create_chunk_row")
    session.conn.execute(
        'INSERT INTO chunk_row SELECT "ID", "VisitID", "ConVisitID" FROM conflict.conflictvisitmaps'
    )


def visits(session: Session) -> dict[str, Row]:
    """What create_visits makes, by visit."""
    take_every_row(session)
    with session.transaction():
        session.execute("steps/redetect/create_visits", WINDOW)
        found = session.conn.execute("SELECT * FROM visit").fetchall()
    assert len({row["VisitID"] for row in found}) == len(found)
    return {row["VisitID"]: row for row in found}


def pairs(session: Session) -> dict[int, Row]:
    """What create_pairs makes, by the row's ID."""
    take_every_row(session)
    with session.transaction():
        session.execute("steps/redetect/create_visits", WINDOW)
        session.execute("steps/redetect/create_pairs")
        found = session.conn.execute("SELECT * FROM pair").fetchall()
    assert len({row["row_id"] for row in found}) == len(found)
    return {int(row["row_id"]): row for row in found}


def update(session: Session, chunk: Chunk | None = None) -> Row:
    """What update_rows returns; without `chunk` for the first chunk of a new plan."""
    chunk = chunk or plan(session)
    values: dict[str, Any] = asdict(chunk)
    take_every_row(session)
    with session.transaction():
        session.execute("steps/redetect/create_visits", values)
        session.execute("steps/redetect/create_pairs")
        return redetect.update_rows(session, chunk)


def plan(session: Session) -> Chunk:
    """The first chunk of a new plan."""
    key = run.plan_cycle(session, WIDE, "run").partition_keys[0]
    with ledger.claimed(session, key) as chunk:
        return chunk
