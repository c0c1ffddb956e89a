"""A whole cycle from one process: its start, its chunks in parallel, and its end."""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.cycles.chunk_runner import ChunkResult, Lend, process_chunk, require_one_settings_row
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import ChunkBusyError, PipelineError, UndoneChunksError
from conflict_pipeline.model import MOST_LINKED_RUNS, Cycle, Plan
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline.steps.snapshot import InProgress, ReminderCounts, Snapshot

BUSY_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Opened:
    """A cycle that was opened after a new Task 01."""

    reminders: ReminderCounts
    snapshot: Snapshot
    plan: Plan


def start(
    session: Session, settings: CycleSettings, run_id: str, *, new_cycle: bool, max_age_hours: float
) -> Opened | None:
    """Task 01 and a plan; None if the open cycle is resumed instead, being younger than `max_age_hours`."""
    require_one_settings_row(session)
    with locks.start_lock(session), snapshot.please_wait(session):
        cycle = ledger.newest_cycle(session)
        if cycle and cycle.state == "open" and not new_cycle and cycle.age_seconds < max_age_hours * 3600:
            return None
        return Opened(
            reminders=snapshot.refresh_reminders(session),
            snapshot=snapshot.take_snapshot(
                session, ledger.current_window(session, settings), settings.scope
            ),
            plan=ledger.plan_cycle(session, settings, run_id),
        )


def finish(session: Session) -> tuple[Cycle, bool]:
    """Close the newest cycle and tell the application; PipelineError while a chunk is not completed.

    Returns the cycle, and whether it was still open.
    """
    cycle = ledger.require_cycle(session)
    if cycle.state == "superseded":
        raise PipelineError(
            f"Cycle {cycle.cycle_key} was cancelled. Run the job conflict_report for a new one."
        )
    if cycle.completed < cycle.chunks:
        raise UndoneChunksError(
            f"Cycle {cycle.cycle_key} is not done: {cycle.completed} of {cycle.chunks} chunks are completed, "
            f"{cycle.failed} failed. Run the job conflict_report to do the others.",
            _runs_that_failed(session, cycle),
        )
    with (
        session.transaction()
    ):  # a death leaves the cycle open, to be closed by the next one, or nothing undone
        was_open = ledger.close_cycle(session, cycle.cycle_id)
        snapshot.set_in_progress(session, InProgress.ENDED)
    return ledger.require_cycle(session), was_open


def _runs_that_failed(session: Session, cycle: Cycle) -> dict[str, str]:
    """Of the chunks that failed or whose worker died, so many as a person may look at."""
    undone = [c for c in ledger.chunks(session, cycle.cycle_id) if c["status"] in {"failed", "stuck"}]
    return {chunk["partition_key"]: chunk["run_id"] for chunk in undone[:MOST_LINKED_RUNS] if chunk["run_id"]}


@dataclass(frozen=True)
class ChunkFailure:
    """A chunk that could not be done, and why."""

    partition_key: str
    message: str


@dataclass(frozen=True)
class Notice:
    """Something worth a line in the log while chunks are at work."""

    partition_key: str
    message: str


def process_chunks(
    lend: Lend, keys: Sequence[str], run_id: str, *, workers: int, retry_delay: float
) -> Iterator[ChunkResult | ChunkFailure | Notice]:
    """Process the chunks with `workers` threads; yields each outcome as it comes, notices in between.

    A failed chunk does not stop the others. A chunk that another session holds is looked at again until that
    session is done with it. If the caller stops early, chunks at work are finished and no more are taken.
    """
    pool = _Workers(lend, keys, run_id, retry_delay)
    threads = [
        threading.Thread(target=pool.work, name=f"chunk-{number}")
        for number in range(min(workers, len(keys)))
    ]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            outcome = pool.outcomes.get()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                yield outcome
    finally:
        pool.stopping.set()
        for thread in threads:
            thread.join()


class _Workers:
    """What the threads share: the keys that wait, and a queue of outcomes; each thread ends it with None."""

    def __init__(self, lend: Lend, keys: Sequence[str], run_id: str, retry_delay: float) -> None:
        self._lend = lend
        self._waiting = deque(keys)
        self._run_id = run_id
        self._retry_delay = retry_delay
        self.stopping = threading.Event()
        self.outcomes: queue.SimpleQueue[ChunkResult | ChunkFailure | Notice | BaseException | None] = (
            queue.SimpleQueue()
        )

    def work(self) -> None:
        try:
            while not self.stopping.is_set() and self._waiting:
                try:
                    key = self._waiting.popleft()
                except IndexError:  # another thread was faster
                    break
                self._work_on(key)
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
            self.outcomes.put(error)
        finally:
            self.outcomes.put(None)

    def _work_on(self, key: str) -> None:
        try:
            self.outcomes.put(
                process_chunk(
                    self._lend,
                    key,
                    self._run_id,
                    retry_delay=self._retry_delay,
                    on_retry=lambda text: self.outcomes.put(Notice(key, text)),
                )
            )
        except ChunkBusyError:
            self._waiting.append(key)
            self.stopping.wait(BUSY_POLL_SECONDS)
        except PipelineError as error:
            self.outcomes.put(ChunkFailure(key, str(error)))
