"""The statements of Task 02 in their order, over every row of conflictvisitmaps."""

from dataclasses import asdict
from typing import Any

from conflict_pipeline.cycles import inputs, ledger, run
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import redetect
from conflict_pipeline_tests.rows import WIDE, WINDOW, Row, clear, cycle, read


def take_every_row(session: Session) -> None:
    """The temporary table chunk_row with every row's ID."""
    # Under a transaction of the test the temporary tables do not fall of their own accord.
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.pair, pg_temp.visit, pg_temp.chunk_row")
    session.execute("cycles/create_chunk_row")
    session.conn.execute(
        'INSERT INTO chunk_row SELECT "ID", "VisitID", "ConVisitID" FROM conflict.conflictvisitmaps'
    )


def planned(session: Session) -> dict[str, Any]:
    """The values of a cycle that is planned with what the tables hold now."""
    cycles = read(session, "conflict_cycle")
    cycle_id = (cycles[0] if cycles else cycle(session))["cycle_id"]
    clear(session, "conflict_cycle_input")
    inputs.record_inputs(session, cycle_id)
    return {**WINDOW, "cycle_id": cycle_id}


def visits(session: Session) -> dict[str, Row]:
    """What create_visits makes, by visit."""
    take_every_row(session)
    with session.transaction():
        session.execute("steps/redetect/create_visits", planned(session))
        found = session.conn.execute("SELECT * FROM visit").fetchall()
    assert len({row["VisitID"] for row in found}) == len(found)
    return {row["VisitID"]: row for row in found}


def pairs(session: Session) -> dict[int, Row]:
    """What create_pairs makes, by the row's ID."""
    take_every_row(session)
    with session.transaction():
        find_pairs(session, planned(session))
        found = session.conn.execute("SELECT * FROM pair").fetchall()
    assert len({row["row_id"] for row in found}) == len(found)
    return {int(row["row_id"]): row for row in found}


def find_pairs(session: Session, values: dict[str, Any]) -> None:
    """The temporary tables visit and pair."""
    session.execute("steps/redetect/create_visits", values)
    session.execute("steps/redetect/create_pairs", values)


def update(session: Session, chunk: Chunk | None = None) -> Row:
    """What count_rows returns after the update; without `chunk` for the first chunk of a new plan."""
    chunk = chunk or plan(session)
    values: dict[str, Any] = asdict(chunk)
    take_every_row(session)
    with session.transaction():
        find_pairs(session, values)
        redetect.update_rows(session, chunk)
        return redetect.count_rows(session, chunk)


def plan(session: Session) -> Chunk:
    """The first chunk of a new plan."""
    key = run.plan_cycle(session, WIDE, "run").partition_keys[0]
    with ledger.claimed(session, key) as chunk:
        return chunk
