"""The ledger: cycles, chunks and cycle steps in Postgres.

The ledger is the only memory of the pipeline. Any worker anywhere can claim any chunk, and what the ledger
does not hold has not happened. Chunk boundaries hold SSNs: once planned they do not leave the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.model import Chunk, Counts, Cycle, Window
from conflict_pipeline.postgres.session import Session

NOTHING_PLANNED = "No cycle has been planned yet. Run the job get_task02_chunks or conflict_report."

# Cycles


def today(session: Session) -> date:
    """Return the date of today in the report time zone, by the database's clock."""
    return current_window(session, CycleSettings(lookback_years=0, lookahead_days=0)).window_start


def current_window(session: Session, settings: CycleSettings) -> Window:
    """Return the window of a cycle that is prepared now."""
    return Window(**session.one("cycles/select_window", asdict(settings)))


def prepare_cycle(session: Session, settings: CycleSettings, run_id: str, prepared_by: str) -> Cycle:
    """Insert a cycle that is being prepared, and supersede another preparation."""
    values = {**_settings_values(settings, run_id), "prepared_by": prepared_by}
    with session.transaction():
        supersede(session, "preparing", "superseded by a newer preparation")
        row = session.one("cycles/prepare_cycle", values)
    return get_cycle(session, row["cycle_id"])


def change_settings(session: Session, cycle_id: int, settings: CycleSettings, run_id: str) -> Cycle:
    """Give a cycle that is being prepared the settings of the run that takes it over."""
    session.execute(
        "cycles/update_cycle_settings", {"cycle_id": cycle_id, **_settings_values(settings, run_id)}
    )
    return get_cycle(session, cycle_id)


def preparing_cycle(session: Session) -> Cycle | None:
    return _cycle(session, "cycles/select_preparing_cycle")


def newest_cycle(session: Session) -> Cycle | None:
    """Return the newest cycle that has been planned."""
    return _cycle(session, "cycles/select_newest_cycle")


def require_cycle(session: Session) -> Cycle:
    """Return the newest cycle that has been planned; raises PipelineError before any plan."""
    cycle = newest_cycle(session)
    if cycle is None:
        raise PipelineError(NOTHING_PLANNED)
    return cycle


def open_cycle(session: Session) -> Cycle | None:
    """Return the newest cycle if it is open."""
    cycle = newest_cycle(session)
    return cycle if cycle and cycle.state == "open" else None


def get_cycle(session: Session, cycle_id: int) -> Cycle:
    return Cycle(**session.one("cycles/select_cycle_by_id", {"cycle_id": cycle_id}))


def last_cycles(session: Session, cycles: int) -> list[dict[str, Any]]:
    """Return at most `cycles` planned cycles, newest first, with counts, rates and repeated attempts."""
    return session.rows("cycles/select_last_cycles", {"cycles": cycles})


def supersede(session: Session, state: str, reason: str) -> str | None:
    """End the cycle that is in `state` (preparing, open), and skip its chunks; return its key or None.

    For an open cycle inside the gate (locks.py).
    """
    row = session.row("cycles/supersede_cycle", {"state": state})
    if row is None:
        return None
    session.execute("cycles/skip_chunks", {"cycle_id": row["cycle_id"], "reason": reason})
    return str(row["cycle_key"])


def close_cycle(session: Session, cycle_id: int) -> bool:
    """Complete the cycle, if it is open and all its chunks are completed; return whether it was.

    Idempotent.
    """
    return session.row("cycles/close_cycle", {"cycle_id": cycle_id}) is not None


# Upstream loads


@dataclass(frozen=True)
class DueLoads:
    """The upstream loads that no cycle includes yet.

    `newest` is the newest end, as recorded by the tool that loads; `loads_ever` counts the loads of all time,
    so it is another number after each load.
    """

    loads: int
    newest: str | None
    loads_ever: int


def due_loads(session: Session) -> DueLoads:
    return DueLoads(**session.one("cycles/select_due_loads"))


def include_due_loads(session: Session, cycle_id: int) -> None:
    """Record that the cycle includes every upstream load that no earlier cycle includes."""
    session.execute("cycles/insert_upstream_loads", {"cycle_id": cycle_id})


# Chunks


def chunks(session: Session, cycle_id: int) -> list[dict[str, Any]]:
    """Return the chunks of a cycle in order: status, attempts, counts by step, error; no boundaries."""
    return session.rows("cycles/select_chunks", {"cycle_id": cycle_id})


def old_partition_keys(session: Session, keep_cycles: int) -> list[str]:
    """Return the partition keys of all cycles but the newest `keep_cycles`."""
    rows = session.rows("cycles/select_old_partition_keys", {"keep_cycles": keep_cycles})
    return [row["partition_key"] for row in rows]


def insert_chunks(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the chunks of a plan, each with the same columns."""
    if not rows:
        return
    # By COPY, because the boundaries are SSNs, and the server logs the values of an INSERT.
    statement = sql.SQL("COPY {}.conflict_chunk ({}) FROM STDIN").format(
        session.schemas["conflict"], sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    )
    with session.conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(list(row.values()))


@contextmanager
def claimed(session: Session, key: str) -> Iterator[Chunk]:
    """Hold the chunk against all other sessions; it is released as soon as this session ends.

    Raises PipelineError for an unknown key, ChunkBusyError when another session holds the chunk.
    """
    row = session.row("cycles/claim_chunk", {"partition_key": key})
    if row is None:
        raise PipelineError(_unknown_key(session, key))
    if not row["claimed"]:
        raise ChunkBusyError(f"Chunk {key} is running in another session; nothing was done.")
    try:
        yield read_chunk(session, row["chunk_id"])
    finally:
        # A closed or lost connection has released the lock already.
        if not (session.conn.closed or session.conn.broken):
            session.execute("cycles/release_chunk", {"chunk_id": row["chunk_id"]})


def read_chunk(session: Session, chunk_id: int) -> Chunk:
    return Chunk(**session.one("cycles/select_chunk", {"chunk_id": chunk_id}))


def start_chunk(session: Session, chunk: Chunk, run_id: str) -> int:
    """Record the start of an attempt; return its number, from 1."""
    row = session.one("cycles/start_chunk", {"chunk_id": chunk.chunk_id, "run_id": run_id})
    return int(row["attempts"])


def complete_chunk(session: Session, chunk: Chunk, counts: Mapping[str, Counts]) -> float:
    """Record that the chunk is completed, with the counts of its steps; return the seconds of the attempt."""
    values = {"counts": Jsonb({step: count.as_json() for step, count in counts.items()})}
    return float(session.one("cycles/complete_chunk", {"chunk_id": chunk.chunk_id, **values})["seconds"])


def fail_chunk(session: Session, chunk_id: int, run_id: str, error: str) -> None:
    """Record that the chunk failed. `error` must hold no data value (errors.describe)."""
    session.execute("cycles/fail_chunk", {"chunk_id": chunk_id, "run_id": run_id, "error": error})


def requeue_chunk(session: Session, chunk_id: int, error: str) -> None:
    """Make the chunk pending again, with the reason why the attempt ended."""
    session.execute("cycles/requeue_chunk", {"chunk_id": chunk_id, "error": error})


# Cycle steps


def cycle_steps(session: Session, cycle_id: int) -> list[dict[str, Any]]:
    """Return the cycle steps that the cycle has started: step, state, counts, seconds, run_id, error."""
    return session.rows("cycles/select_steps", {"cycle_id": cycle_id})


def completed_step(session: Session, cycle_id: int, step: str) -> dict[str, Any] | None:
    """Return the row of the step, if the cycle has completed it."""
    rows = cycle_steps(session, cycle_id)
    return next((row for row in rows if row["step"] == step and row["state"] == "completed"), None)


def start_step(session: Session, cycle_id: int, step: str, run_id: str) -> None:
    session.execute("cycles/start_step", {"cycle_id": cycle_id, "step": step, "run_id": run_id})


def complete_step(session: Session, cycle_id: int, step: str, counts: Counts) -> float:
    """Record that the step is completed; return its seconds."""
    values = {"cycle_id": cycle_id, "step": step, "counts": Jsonb(counts.as_json())}
    return float(session.one("cycles/complete_step", values)["seconds"])


def fail_step(session: Session, cycle_id: int, step: str, error: str) -> None:
    """Record that the step failed. `error` must hold no data value (errors.describe)."""
    session.execute("cycles/fail_step", {"cycle_id": cycle_id, "step": step, "error": error})


def _cycle(session: Session, statement: str) -> Cycle | None:
    row = session.row(statement)
    return Cycle(**row) if row else None


def _settings_values(settings: CycleSettings, run_id: str) -> dict[str, Any]:
    values = asdict(settings)
    return {**values, "settings": Jsonb(values), "run_id": run_id}


def _unknown_key(session: Session, key: str) -> str:
    cycle = newest_cycle(session)
    if cycle is None:
        return f"There is no chunk {key}: no cycle has been planned yet. Run the job get_task02_chunks first."
    return (
        f"There is no chunk {key}. The newest cycle is {cycle.cycle_key} with {cycle.chunks} chunks; "
        "`conflict-pipeline status --all` lists their partition keys."
    )
