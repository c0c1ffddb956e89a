"""Cycles and chunks in Postgres: plan, claim, start, complete, fail.

The ledger is the only memory of the pipeline: any worker anywhere can take any chunk, and what is not in
here has not happened. Chunk boundaries hold SSNs: they go to task_02.py and nowhere else.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from conflict_pipeline.cycles import incremental as scopes
from conflict_pipeline.cycles import locks
from conflict_pipeline.cycles.chunk_keys import partition_key
from conflict_pipeline.cycles.planner import PlannedChunk, plan_chunks
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.model import Chunk, ChunkCounts, Cycle, Plan, Window
from conflict_pipeline.postgres.session import Session


def today(session: Session) -> date:
    """Today in the report time zone, from the database's clock."""
    return current_window(session, CycleSettings(lookback_years=0, lookahead_days=0)).window_start


def current_window(session: Session, settings: CycleSettings) -> Window:
    return Window(**session.one("cycles/select_window", asdict(settings)))


def plan_cycle(session: Session, settings: CycleSettings, run_id: str) -> Plan:
    """Open a cycle: cut the eligible rows of today's window into chunks; supersede an open cycle.

    One transaction, and no chunk of an older cycle can write while it runs: others see the old plan or the
    whole new one.
    """
    started = time.monotonic()
    with session.transaction():
        locks.wait_for_gate(session)
        window = current_window(session, settings)
        scope = scopes.decide(session, settings)
        superseded = supersede(session, "superseded by a newer plan")
        cycle = session.one(
            "cycles/insert_cycle",
            {
                **asdict(window),
                "settings": Jsonb(asdict(settings)),
                "scope": scope.kind,
                "scope_reason": scope.reason,
                "inputs": Jsonb(scope.inputs) if scope.inputs else None,
                "upstream_finished_at": newest_upstream_load(session),
                "run_id": run_id,
            },
        )
        scopes.select_rows(session, scope, cycle["cycle_id"], window)
        planned = list(plan_chunks(scopes.keys(session, scope, cycle["cycle_id"], window), settings))
        chunks = list(_chunk_values(cycle, window, planned))
        if chunks:
            session.conn.cursor().executemany(session.statement("cycles/insert_chunk"), chunks)
    return Plan(
        cycle_id=cycle["cycle_id"],
        cycle_key=cycle["cycle_key"],
        superseded=superseded,
        scope=scope.kind,
        scope_reason=scope.reason,
        window=window,
        partition_keys=[chunk["partition_key"] for chunk in chunks],
        rows=sum(chunk.rows for chunk in planned),
        keys=sum(chunk.keys for chunk in planned),
        largest_chunk=max((chunk.rows for chunk in planned), default=0),
        oversized_chunks=[
            chunk["partition_key"] for chunk in chunks if chunk["planned"] > settings.max_chunk_size
        ],
        seconds=time.monotonic() - started,
    )


def newest_upstream_load(session: Session) -> datetime | None:
    """When the newest upstream load ended that makes a cycle due; its clock, without a zone."""
    finished_at: datetime | None = session.one("cycles/select_upstream_load")["finished_at"]
    return finished_at


def newest_load_taken_in(session: Session) -> datetime | None:
    """The newest upstream load that a cycle has taken in."""
    finished_at: datetime | None = session.one("cycles/select_load_taken_in")["finished_at"]
    return finished_at


def newest_cycle(session: Session) -> Cycle | None:
    row = session.row("cycles/select_cycle")
    return Cycle(**row) if row else None


def require_cycle(session: Session) -> Cycle:
    """The newest cycle; raises PipelineError before any plan."""
    cycle = newest_cycle(session)
    if cycle is None:
        raise PipelineError("Nothing has been planned yet. Run the job get_task02_chunks or conflict_report.")
    return cycle


def chunks(session: Session, cycle_id: int) -> list[dict[str, Any]]:
    """The chunks of a cycle in their order: status, attempts, counts, error; without their boundaries."""
    return session.rows("cycles/select_chunks", {"cycle_id": cycle_id})


def last_cycles(session: Session, cycles: int) -> list[dict[str, Any]]:
    """So many cycles, newest first, each with what its chunks add up to, its rate and repeated attempts."""
    return session.rows("cycles/select_last_cycles", {"cycles": cycles})


def rules(session: Session, cycle_id: int) -> dict[str, int]:
    """Re-detected rows of the cycle by the rule's column; a row can hold two rules."""
    return {row["rule"]: row["rows"] for row in session.rows("cycles/select_rules", {"cycle_id": cycle_id})}


def old_partition_keys(session: Session, keep_cycles: int) -> list[str]:
    """The keys of all cycles but the newest `keep_cycles`."""
    rows = session.rows("cycles/select_old_partition_keys", {"keep_cycles": keep_cycles})
    return [row["partition_key"] for row in rows]


def close_cycle(session: Session, cycle_id: int) -> bool:
    """Cycle state `completed`, if it is open and all its chunks are; whether it was. Safe to repeat."""
    return session.row("cycles/close_cycle", {"cycle_id": cycle_id}) is not None


@contextmanager
def claimed(session: Session, key: str) -> Iterator[Chunk]:
    """Hold the chunk against every other session; it falls back as soon as this session ends.

    Raises PipelineError for an unknown key, ChunkBusyError when another session holds it.
    """
    row = session.row("cycles/claim_chunk", {"partition_key": key})
    if row is None:
        raise PipelineError(_unknown_key(session, key))
    if not row["claimed"]:
        raise ChunkBusyError(f"Chunk {key} is being processed by another session; nothing to do here.")
    try:
        yield read_chunk(session, row["chunk_id"])
    finally:
        # The lock has already fallen with a connection that is closed or lost.
        if not (session.conn.closed or session.conn.broken):
            session.execute("cycles/release_chunk", {"chunk_id": row["chunk_id"]})


def read_chunk(session: Session, chunk_id: int) -> Chunk:
    return Chunk(**session.one("cycles/select_chunk", {"chunk_id": chunk_id}))


def start_chunk(session: Session, chunk: Chunk, run_id: str) -> int:
    """Ledger status `processing`; returns the number of this attempt, from 1."""
    row = session.one("cycles/start_chunk", {"chunk_id": chunk.chunk_id, "run_id": run_id})
    return int(row["attempts"])


def complete_chunk(session: Session, chunk: Chunk, counts: ChunkCounts) -> float:
    """Ledger status `completed`; returns the seconds since the attempt started."""
    values = {**asdict(counts), "redetected_by_rule": Jsonb(counts.redetected_by_rule)}
    return float(session.one("cycles/complete_chunk", {"chunk_id": chunk.chunk_id, **values})["seconds"])


def fail_chunk(session: Session, chunk_id: int, run_id: str, error: str) -> None:
    """Ledger status `failed`. `error` must hold no data value (errors.describe)."""
    session.execute("cycles/fail_chunk", {"chunk_id": chunk_id, "run_id": run_id, "error": error})


def wait_to_retry(session: Session, chunk_id: int, error: str) -> None:
    """Ledger status `pending` again, with the reason why an attempt has ended."""
    session.execute("cycles/retry_chunk", {"chunk_id": chunk_id, "error": error})


def supersede(session: Session, reason: str) -> str | None:
    """End the open cycle, its undone chunks as skipped; returns its key. Inside the gate (locks.py)."""
    row = session.row("cycles/supersede_cycle")
    if row is None:
        return None
    session.execute("cycles/skip_chunks", {"cycle_id": row["cycle_id"], "reason": reason})
    return str(row["cycle_key"])


def _chunk_values(
    cycle: dict[str, Any], window: Window, planned: list[PlannedChunk]
) -> Iterator[dict[str, Any]]:
    """The ledger's rows. Ranges meet, and cover the window from end to end, also where no row is yet."""
    starts = [(chunk.from_date, chunk.from_ssn) for chunk in planned]
    starts[:1] = [(window.window_start, "")] if starts else []
    ends = [*starts[1:], (window.window_end + timedelta(days=1), "")]
    for number, (chunk, start, end) in enumerate(zip(planned, starts, ends, strict=False), start=1):
        yield {
            "cycle_id": cycle["cycle_id"],
            "chunk_number": number,
            "partition_key": partition_key(cycle["cycle_key"], number),
            "from_date": start[0],
            "from_ssn": start[1],
            "to_date": end[0],
            "to_ssn": end[1],
            "keys": chunk.keys,
            "planned": chunk.rows,
        }


def _unknown_key(session: Session, key: str) -> str:
    cycle = newest_cycle(session)
    if cycle is None:
        return f"There is no chunk {key}: nothing has been planned yet. Run the job get_task02_chunks first."
    return (
        f"There is no chunk {key}. The newest cycle is {cycle.cycle_key} with {cycle.chunks} chunks; "
        "`conflict-pipeline status` lists their partition keys."
    )
