"""The candidates that do their work from this process, each on a clone of its own."""

import time
from typing import Self

from conflict_pipeline import checks, cycle, ledger
from conflict_pipeline.bench import outcome, plain, ready
from conflict_pipeline.bench.databases import Databases
from conflict_pipeline.bench.measurement import Measurement
from conflict_pipeline.bench.meter import cpu_seconds, measure
from conflict_pipeline.chunks import ChunkSettings
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.records import Chunk, Plan
from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline.task_02 import ChunkResult, process_chunk

RUN_ID = "bench"


class Candidates:
    """Each method measures one candidate on the clone that it is given."""

    def __init__(self, databases: Databases, settings: ChunkSettings) -> None:
        self._databases = databases
        self._settings = settings

    def one_piece(self, clone: Postgres) -> Measurement:
        """The only chunk of a plan in one piece; the cycle is ended outside the measured time."""
        with _Stopwatch() as opening:
            plan, _ = self._plan_one_piece(clone)
        self._databases.checkpoint(clone)
        result, usage = measure(
            self._databases.server,
            clone,
            lambda: process_chunk(
                lambda: clone.session("bench"), plan.partition_keys[0], RUN_ID, retry_delay=0
            ),
        )
        _require_completed(result)
        with _Stopwatch() as closing:
            _close(clone)
        return Measurement(
            name="one piece",
            usage=usage,
            rows=plan.rows,
            outcome=outcome.read(clone),
            chunks=1,
            plan_seconds=plan.seconds,
            cycle_seconds=opening.seconds + usage.seconds + closing.seconds,
            cycle_cpu_seconds=opening.cpu_seconds + usage.client_cpu_seconds + closing.cpu_seconds,
        )

    def chunks(self, clone: Postgres, workers: int) -> Measurement:
        """All chunks of a cycle by so many workers; Task 01 and plan are measured apart."""
        with _Stopwatch() as opening, clone.session("bench") as session:
            opened = cycle.start(session, self._settings, RUN_ID, new_cycle=True, max_age_hours=24)
            _evaluate(session, "conflict_chunks")
        assert opened is not None
        self._databases.checkpoint(clone)

        def work() -> None:
            with clone.pool(workers) as lend:
                for result in cycle.process_chunks(
                    lend, opened.plan.partition_keys, RUN_ID, workers=workers, retry_delay=0
                ):
                    _require_completed(result)

        _, usage = measure(self._databases.server, clone, work)
        with _Stopwatch() as closing:
            _close(clone)
        return Measurement(
            name=chunks_name(workers),
            usage=usage,
            rows=opened.plan.rows,
            outcome=outcome.read(clone),
            chunks=len(opened.plan.partition_keys),
            snapshot_seconds=opened.snapshot.seconds,
            plan_seconds=opened.plan.seconds,
            cycle_seconds=opening.seconds + usage.seconds + closing.seconds,
            cycle_cpu_seconds=opening.cpu_seconds + usage.client_cpu_seconds + closing.cpu_seconds,
        )

    def limit(self, clone: Postgres, source: Postgres) -> Measurement:
        """The bare update of the rows that `source`, a clone that is done, has re-detected."""
        with source.session("bench") as session:
            window = ledger.current_window(session, self._settings)
            rows = ledger.require_cycle(session).planned
        columns = ready.copy_ready(source, clone, window)
        self._databases.checkpoint(clone)

        def work() -> None:
            with clone.session("bench") as session:
                ready.update_from_ready(session, columns)

        _, usage = measure(self._databases.server, clone, work)
        return Measurement("limit", usage, rows, outcome.read(clone))

    def plain(self, clone: Postgres) -> Measurement:
        """All visits of the window with all visits of the window, and the update, at once."""
        plan, chunk = self._plan_one_piece(clone)
        self._databases.checkpoint(clone)

        def work() -> None:
            with clone.session("bench") as session:
                plain.update_all(session, chunk)

        _, usage = measure(self._databases.server, clone, work)
        return Measurement("plain", usage, plan.rows, outcome.read(clone))

    def _plan_one_piece(self, clone: Postgres) -> tuple[Plan, Chunk]:
        with clone.session("bench") as session:
            plan = ledger.plan_cycle(session, self._settings.as_one_piece(), RUN_ID)
            _evaluate(session, "conflict_chunks")
            with ledger.claimed(session, plan.partition_keys[0]) as chunk:
                return plan, chunk


def chunks_name(workers: int) -> str:
    return f"chunks, {workers} worker{'s' if workers > 1 else ''}"


def _require_completed(result: object) -> None:
    if not (isinstance(result, ChunkResult) and result.outcome == "completed"):
        raise PipelineError(f"A chunk of the benchmark was not completed: {result}")


def _evaluate(session: Session, asset: str) -> None:
    checks.evaluate_all(session, ledger.require_cycle(session), asset)


def _close(clone: Postgres) -> None:
    """End the cycle as a job does."""
    with clone.session("bench") as session:
        cycle.finish(session)
        _evaluate(session, "conflict_report")


class _Stopwatch:
    """Both kinds of seconds that something has taken in this process."""

    seconds = cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        started, cpu_started = self._started
        self.seconds, self.cpu_seconds = time.monotonic() - started, cpu_seconds() - cpu_started
