"""The life of a cycle: preparation, steps before the plan, plan, chunks, steps after the chunks, end.

Each function can be called again after a crash at any moment, and continues with the work that the ledger
does not record as completed.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

from conflict_pipeline import steps
from conflict_pipeline.cycles import incremental, inputs, ledger, locks
from conflict_pipeline.cycles.chunk_keys import partition_key
from conflict_pipeline.cycles.planner import PlannedChunk, plan_chunks
from conflict_pipeline.cycles.refresh_flag import RefreshFlag, ended_on_failure, refreshing, set_flag
from conflict_pipeline.cycles.retries import retry_transient
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import PipelineError, UndoneChunksError, describe
from conflict_pipeline.model import Counts, Cycle, Plan, Window
from conflict_pipeline.postgres import keys
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps.step import CycleStep, When, tracked_keys

_log = logging.getLogger(__name__)
T = TypeVar("T")

# What prepared a cycle: the whole-cycle job, which resumes its own preparations, or single assets.
WHOLE_CYCLE = "conflict_report"
ASSETS = "assets"
# The maximum number of linked runs, because a cycle may have thousands of chunks.
MAX_LINKED_RUNS = 20


@dataclass(frozen=True)
class StepResult:
    """How a cycle step ended; `is_new` is False where it had been completed in this cycle before."""

    step: CycleStep
    cycle: Cycle
    counts: Counts
    seconds: float
    is_new: bool = True


def require_steps(session: Session) -> None:
    """Raise PipelineError where a step cannot run, before anything is written."""
    for step in steps.STEPS:
        if step.require is not None:
            step.require(session)
    keys.require_unique(session, tracked_keys(steps.STEPS))


def open_or_resume(
    session: Session, settings: CycleSettings, run_id: str, *, new_cycle: bool, max_age_hours: float
) -> Cycle:
    """Return the cycle to continue: one that an earlier call prepared, else the open one, else a new one.

    A cycle older than `max_age_hours` is not resumed; with `new_cycle` none is. Two jobs that start at the
    same time share one cycle.
    """
    require_steps(session)
    with locks.preparation_lock(session), refreshing(session):
        if not new_cycle:
            preparing = ledger.preparing_cycle(session)
            if preparing and preparing.prepared_by == WHOLE_CYCLE and _is_young(preparing, max_age_hours):
                return ledger.change_settings(session, preparing.cycle_id, settings, run_id)
            newest = ledger.newest_cycle(session)
            if newest and newest.state == "open" and _is_young(newest, max_age_hours):
                return newest
        return ledger.prepare_cycle(session, settings, run_id, WHOLE_CYCLE)


def prepare_for_assets(
    session: Session, settings: CycleSettings, run_id: str, *, max_age_hours: float
) -> Cycle:
    """Return the preparing cycle, with these settings; a new one if there is none or it is too old."""
    with locks.preparation_lock(session):
        preparing = ledger.preparing_cycle(session)
        if preparing and _is_young(preparing, max_age_hours):
            return ledger.change_settings(session, preparing.cycle_id, settings, run_id)
        return ledger.prepare_cycle(session, settings, run_id, ASSETS)


def run_step(
    session: Session, step: CycleStep, cycle: Cycle, run_id: str, *, again: bool = False
) -> StepResult:
    """Run a cycle step, unless the cycle has completed it and `again` is False.

    The step and its row in the ledger are one transaction, so other sessions see all of it or nothing; its
    start and a failure are recorded on their own. Raises what the step raises, with the refresh flag at
    ENDED.
    """
    with locks.preparation_lock(session), _flag(session, step):
        row = None if again else ledger.completed_step(session, cycle.cycle_id, step.name)
        if row is not None:
            counts = step.counts.from_json(row["counts"])
            return StepResult(step, cycle, counts, row["seconds"], is_new=False)
        ledger.start_step(session, cycle.cycle_id, step.name, run_id)
        try:
            with _transaction(step)(session):
                session.use_time_zone(cycle.time_zone)
                counts = step.run(session, cycle)
                _raise_if_superseded(session, step, cycle)
                seconds = ledger.complete_step(session, cycle.cycle_id, step.name, counts)
        except Exception as error:
            if not session.conn.broken:
                ledger.fail_step(session, cycle.cycle_id, step.name, describe(error))
            raise
    return StepResult(step, cycle, counts, seconds)


def require_completed_chunks(session: Session) -> Cycle:
    """Return the newest cycle; raise PipelineError unless all its chunks are completed."""
    cycle = ledger.require_cycle(session)
    if cycle.state == "superseded":
        raise PipelineError(
            f"Cycle {cycle.cycle_key} was cancelled. Run the job conflict_report for a new one."
        )
    if cycle.completed < cycle.chunks:
        raise UndoneChunksError(
            f"Cycle {cycle.cycle_key} is not done: {cycle.completed} of {cycle.chunks} chunks are completed, "
            f"{cycle.failed} failed. Run the job conflict_report to process the others.",
            _failed_runs(session, cycle),
        )
    return cycle


def plan_cycle(session: Session, settings: CycleSettings, run_id: str) -> Plan:
    """Cut the rows of the preparing cycle, or of a new one, into chunks, and open it.

    It supersedes an open cycle. Everything is one transaction, during which no chunk of an older cycle can
    write: other sessions see the old plan or the whole new one. After a transient error, such as a deadlock
    with `schema apply`, the plan is made again.
    """
    return _retry_plan(session, lambda: _plan_once(session, settings, run_id))


def plan_prepared_cycle(session: Session, run_id: str) -> Plan | None:
    """Plan the cycle that a whole-cycle job prepared; None if another job that shares it has planned it."""

    def attempt() -> Plan | None:
        preparing = ledger.preparing_cycle(session)
        if preparing is None or preparing.prepared_by != WHOLE_CYCLE:
            return None
        return _plan_once(session, CycleSettings(**preparing.settings), run_id)

    return _retry_plan(session, attempt)


def finish(session: Session) -> tuple[Cycle, bool]:
    """Close the newest cycle and set the refresh flag to ENDED; return the cycle, and whether it was open.

    Raises PipelineError while a chunk or a step after the chunks is not completed. A death leaves the cycle
    open, to be closed by the next call.
    """
    cycle = require_completed_chunks(session)
    undone = [
        step.name
        for step in steps.steps_after_chunks()
        if ledger.completed_step(session, cycle.cycle_id, step.name) is None
    ]
    if undone and cycle.state == "open":
        raise PipelineError(
            f"Cycle {cycle.cycle_key} has not completed its steps {', '.join(undone)}. "
            "Run the job conflict_report to continue it."
        )
    with session.transaction():
        was_open = ledger.close_cycle(session, cycle.cycle_id)
        set_flag(session, RefreshFlag.ENDED)
    return ledger.require_cycle(session), was_open


def _retry_plan(session: Session, attempt: Callable[[], T]) -> T:
    """Return what `attempt` returns; it has a connection that works, and holds the preparation lock.

    The lock is taken before any look at the ledger, so that two jobs do not plan one cycle after the other.
    It is held between the attempts too, unless the connection is lost.
    """

    def once() -> T:
        session.reconnect_if_lost()
        with locks.preparation_lock(session):
            return attempt()

    with locks.preparation_lock(session), ended_on_failure(session):
        return retry_transient(
            once,
            delay=load_settings().chunk_retry_delay_seconds,
            before_wait=lambda reason, seconds: _log.warning(
                "The plan: %s; it is retried in %g s.", reason, seconds
            ),
        )


def _plan_once(session: Session, settings: CycleSettings, run_id: str) -> Plan:
    started = time.monotonic()
    with session.transaction():
        locks.close_gate(session)
        preparing = ledger.preparing_cycle(session)
        if preparing is None:
            preparing = ledger.prepare_cycle(session, settings, run_id, ASSETS)
        else:
            preparing = ledger.change_settings(session, preparing.cycle_id, settings, run_id)
        session.use_time_zone(preparing.time_zone)
        cycle_id, window = preparing.cycle_id, preparing.window
        superseded = ledger.supersede(session, "open", "superseded by a newer plan")
        # Before the tables are read, so that a load that ends meanwhile is left to the next cycle.
        ledger.include_due_loads(session, cycle_id)
        inputs.record_inputs(session, cycle_id)
        comparison = incremental.compare_with_baseline(session, settings.mode, cycle_id)
        values = {
            "cycle_id": cycle_id,
            "mode": comparison.mode,
            "mode_reason": comparison.reason,
            "inputs": Jsonb(comparison.inputs),
        }
        session.one("cycles/open_cycle", values)
        incremental.select_rows(session, comparison, cycle_id, window)
        planned = list(plan_chunks(incremental.keys(session, comparison, cycle_id, window), settings))
        chunks = list(_chunk_values(preparing, planned))
        ledger.insert_chunks(session, chunks)
    return Plan(
        cycle_id=cycle_id,
        cycle_key=preparing.cycle_key,
        superseded=superseded,
        mode=comparison.mode,
        mode_reason=comparison.reason,
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


def _is_young(cycle: Cycle, max_age_hours: float) -> bool:
    return cycle.age_seconds < max_age_hours * 3600


def _flag(session: Session, step: CycleStep) -> AbstractContextManager[None]:
    return refreshing(session) if step.announced else ended_on_failure(session)


def _transaction(step: CycleStep) -> Callable[[Session], AbstractContextManager[Any]]:
    """Plans wait for a step after the chunks; a step before the plan may run while an older cycle is open."""
    if step.when is When.AFTER_CHUNKS:
        return locks.work_transaction
    return lambda session: session.transaction()


def _raise_if_superseded(session: Session, step: CycleStep, cycle: Cycle) -> None:
    if step.when is When.AFTER_CHUNKS and ledger.get_cycle(session, cycle.cycle_id).is_superseded:
        raise PipelineError(f"Cycle {cycle.cycle_key} was superseded; step {step.name} has written nothing.")


def _failed_runs(session: Session, cycle: Cycle) -> dict[str, str]:
    """Return the runs of failed and stuck chunks, at most MAX_LINKED_RUNS, by partition key."""
    undone = [c for c in ledger.chunks(session, cycle.cycle_id) if c["status"] in {"failed", "stuck"}]
    return {chunk["partition_key"]: chunk["run_id"] for chunk in undone[:MAX_LINKED_RUNS] if chunk["run_id"]}


def _chunk_values(cycle: Cycle, planned: list[PlannedChunk]) -> Iterator[dict[str, Any]]:
    """Yield the chunks as rows of the ledger.

    Ranges meet, and cover the window from end to end, also where there is no row yet.
    """
    window: Window = cycle.window
    starts = [(chunk.from_date, chunk.from_ssn) for chunk in planned]
    starts[:1] = [(window.window_start, "")] if starts else []
    ends = [*starts[1:], (window.window_end + timedelta(days=1), "")]
    for number, (chunk, start, end) in enumerate(zip(planned, starts, ends, strict=False), start=1):
        yield {
            "cycle_id": cycle.cycle_id,
            "chunk_number": number,
            "partition_key": partition_key(cycle.cycle_key, number),
            "from_date": start[0],
            "from_ssn": start[1],
            "to_date": end[0],
            "to_ssn": end[1],
            "keys": chunk.keys,
            "planned": chunk.rows,
        }
