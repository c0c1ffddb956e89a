"""One chunk: claim, steps, completed. Every chunk is processed by `process_chunk`, regardless of the caller.

What other sessions see, and what is left if the process dies:

1. Claim: a session lock, which falls with the connection. Nothing is written.
2. Start: the ledger's status `running`, in a transaction of its own. A death from here on leaves a chunk that
   is running and that no session holds, which shows as stuck. Its rows are as they were.
3. Work: all chunk steps and the ledger's `completed`, in one transaction. Other sessions see all of it or
   nothing.

An unfinished chunk is processed again as a whole and ends in the same state. A failed attempt is rolled back
before its error is recorded.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import psycopg

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.cycles.retries import retry_transient
from conflict_pipeline.errors import PipelineError, UnreachableError, describe
from conflict_pipeline.model import Chunk, Counts
from conflict_pipeline.postgres.session import Session, SessionFactory
from conflict_pipeline.steps import chunk_steps


@dataclass(frozen=True)
class ChunkResult:
    """How one chunk ended.

    `reason` says why it was skipped; `counts` are by step, and empty unless it is completed.
    """

    partition_key: str
    outcome: Literal["completed", "skipped"]
    reason: str = ""
    planned: int = 0
    attempts: int = 0
    seconds: float = 0.0
    counts: dict[str, Counts] = field(default_factory=dict)


class _SupersededError(Exception):
    """A newer plan was made after the chunk was claimed; what the chunk would write is rolled back."""


def process_chunk(
    session_factory: SessionFactory,
    key: str,
    run_id: str,
    *,
    force: bool = False,
    retry_delay: float = 10.0,
    on_retry: Callable[[str], None] = lambda _: None,
) -> ChunkResult:
    """Process one chunk; transient errors are retried twice, after `retry_delay` seconds and twice that.

    Each attempt has a session of its own. Raises PipelineError, with the chunk recorded as failed, when it
    cannot be processed; ChunkBusyError when another session holds it; for an unknown key nothing is recorded.
    """

    def attempt() -> ChunkResult:
        with session_factory() as session:
            return _process_once(session, key, run_id, force=force)

    def requeue(reason: str, seconds: float) -> None:
        _record_end(session_factory, key, run_id, reason, will_retry=True)
        on_retry(f"Chunk {key}: {reason}; it is retried in {seconds:g} s.")

    try:
        return retry_transient(attempt, delay=retry_delay, before_wait=requeue)
    except (psycopg.Error, UnreachableError) as error:
        reason = describe(error)
        _record_end(session_factory, key, run_id, reason, will_retry=False)
        raise PipelineError(f"Chunk {key} failed: {reason}") from None


def completed_chunks(session: Session, cycle_id: int) -> list[ChunkResult]:
    """Return how the completed chunks of a cycle ended, as recorded in the ledger."""
    return [_result(row) for row in ledger.chunks(session, cycle_id) if row["status"] == "completed"]


def _process_once(session: Session, key: str, run_id: str, *, force: bool) -> ChunkResult:
    session.describe_work(f"{key} {run_id}")
    with ledger.claimed(session, key) as chunk:
        if chunk.skip_reason:
            return ChunkResult(key, "skipped", chunk.skip_reason)
        if chunk.state == "completed" and not force:
            done = next(one for one in completed_chunks(session, chunk.cycle_id) if one.partition_key == key)
            return replace(done, outcome="skipped", reason="completed already; set force to recompute it")
        try:
            with locks.work_transaction(session):
                _raise_if_superseded(session, chunk)
                attempts = ledger.start_chunk(session, chunk, run_id)
            with locks.work_transaction(session):
                _raise_if_superseded(session, chunk)
                session.use_time_zone(chunk.time_zone)
                counts = run_steps(session, chunk)
                seconds = ledger.complete_chunk(session, chunk, counts)
        except _SupersededError as error:
            return ChunkResult(key, "skipped", str(error))
        except psycopg.Error:
            raise  # recorded by the caller, in another session
        except Exception as error:
            ledger.fail_chunk(session, chunk.chunk_id, run_id, describe(error))
            raise
    return ChunkResult(key, "completed", "", chunk.planned, attempts, seconds, counts)


def run_steps(session: Session, chunk: Chunk) -> dict[str, Counts]:
    """Run all chunk steps on the rows of the chunk, inside a transaction; return their counts by step."""
    session.execute("cycles/create_chunk_row")
    rows = "insert_chunk_changed_rows" if chunk.mode == "incremental" else "insert_chunk_rows"
    # The planner does not know the boundaries, and takes the chunk for a ninth of the table.
    session.conn.execute("SET LOCAL enable_seqscan = off")
    session.execute(f"cycles/{rows}", asdict(chunk))
    session.conn.execute("SET LOCAL enable_seqscan = on")
    # Temporary tables get no statistics by themselves. The number of rows is enough.
    session.conn.execute("ANALYZE chunk_row (row_id)")
    return {step.name: step.run(session, chunk) for step in chunk_steps()}


def _raise_if_superseded(session: Session, chunk: Chunk) -> None:
    """Raise _SupersededError if the chunk must be skipped; inside the gate, so that the answer stays true."""
    reason = ledger.read_chunk(session, chunk.chunk_id).skip_reason
    if reason:
        raise _SupersededError(reason)


def _result(row: dict[str, Any]) -> ChunkResult:
    classes = {step.name: step.counts for step in chunk_steps()}
    return ChunkResult(
        row["partition_key"],
        "completed",
        planned=row["planned"],
        attempts=row["attempts"],
        seconds=row["seconds"],
        counts={
            step: classes[step].from_json(counts) for step, counts in row["counts"].items() if step in classes
        },
    )


def _record_end(
    session_factory: SessionFactory, key: str, run_id: str, reason: str, *, will_retry: bool
) -> None:
    """Record how an attempt ended, in a session of its own because the attempt's may be broken."""
    try:
        with session_factory() as session, ledger.claimed(session, key) as chunk:
            if will_retry:
                ledger.requeue_chunk(session, chunk.chunk_id, reason)
            else:
                ledger.fail_chunk(session, chunk.chunk_id, run_id, reason)
    except (psycopg.Error, PipelineError):
        # Without a database, or with another session holding the chunk, the ledger keeps `running`; a chunk
        # that no session holds then shows as stuck.
        return
