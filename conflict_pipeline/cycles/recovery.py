"""Recovery without SQL: what an operator or a sensor does after a failure."""

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.cycles.refresh_flag import RefreshFlag, set_flag
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session


def handle_run_failure(session: Session, key: str | None, run_id: str) -> None:
    """Record that the run of chunk `key` died, and set the refresh flag to ENDED if nothing is left to run.

    Idempotent, at any later time: a chunk that another session holds, or that has ended, is left alone.
    """
    if key is not None:
        _fail_if_stuck(session, key, run_id)
    cycle = ledger.newest_cycle(session)
    if cycle is None or cycle.state != "open" or not (cycle.pending or cycle.running or cycle.stuck):
        set_flag(session, RefreshFlag.ENDED)


def _fail_if_stuck(session: Session, key: str, run_id: str) -> None:
    try:
        with ledger.claimed(session, key) as chunk:
            if chunk.state == "running":
                ledger.fail_chunk(session, chunk.chunk_id, run_id, "the process that ran it has died")
    except PipelineError:
        return  # another session has claimed it, or the run had a key without a chunk


def retryable_chunks(session: Session, max_age_hours: float) -> list[str]:
    """Return the failed and stuck chunks of the open cycle; PipelineError if a retry would not resume it."""
    cycle = ledger.require_cycle(session)
    if cycle.state != "open":
        return []
    if cycle.age_seconds > max_age_hours * 3600:
        raise PipelineError(
            f"Cycle {cycle.cycle_key} is older than RESUME_MAX_AGE_HOURS ({max_age_hours:g}). "
            "Run the job conflict_report, which starts a new cycle."
        )
    chunks = ledger.chunks(session, cycle.cycle_id)
    return [chunk["partition_key"] for chunk in chunks if chunk["status"] in {"failed", "stuck"}]


def cancel(session: Session) -> Cycle | None:
    """End the open cycle once running chunks have written; no more are taken. None if no cycle is open."""
    cycle = ledger.newest_cycle(session)
    if cycle is None or cycle.state != "open":
        return None
    with session.transaction():
        locks.close_gate(session)
        ledger.supersede(session, "open", "cancelled")
        set_flag(session, RefreshFlag.ENDED)
    return cycle
