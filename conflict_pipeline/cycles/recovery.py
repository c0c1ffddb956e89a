"""Recovery without SQL: what a person, or a sensor, does after something went wrong."""

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline.steps.snapshot import InProgress


def after_failed_run(session: Session, key: str | None, run_id: str) -> None:
    """Note in the ledger that the run of a chunk has died; tell the application if all stands still.

    Safe to repeat, and late: a chunk that another session has taken, or that has ended, is left alone.
    """
    if key is not None:
        _fail_if_stuck(session, key, run_id)
    cycle = ledger.newest_cycle(session)
    if cycle is None or cycle.state != "open" or not (cycle.pending or cycle.locked or cycle.stuck):
        snapshot.set_in_progress(session, InProgress.ENDED)


def _fail_if_stuck(session: Session, key: str, run_id: str) -> None:
    try:
        with ledger.claimed(session, key) as chunk:
            if chunk.state == "processing":
                ledger.fail_chunk(session, chunk.chunk_id, run_id, "the process that did it has died")
    except PipelineError:
        return  # somebody has taken it up, or the run was for a key that is no chunk


def retryable(session: Session, max_age_hours: float) -> list[str]:
    """The failed and stuck chunks of the open cycle; PipelineError where a retry would not resume it."""
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
    """End the open cycle, after what is being written: no more chunks are taken. None if none is open."""
    cycle = ledger.newest_cycle(session)
    if cycle is None or cycle.state != "open":
        return None
    with session.transaction():
        locks.wait_for_gate(session)
        ledger.supersede(session, "cancelled")
        snapshot.set_in_progress(session, InProgress.ENDED)
    return cycle
