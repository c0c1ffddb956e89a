"""The candidates that do their work from this process, each on a clone of its own."""

import time
from dataclasses import replace
from typing import Self

from conflict_pipeline.cycles import checks, ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import earlier, outcome, plain, ready, steps
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import cpu_seconds, measure
from conflict_pipeline.model import Chunk, Plan
from conflict_pipeline.postgres.database import Postgres

EARLIER = "earlier chunks"


class Candidates:
    """Each method measures one candidate on the clone that it is given."""

    def __init__(self, databases: Databases, settings: CycleSettings) -> None:
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
                lambda: clone.session("bench"), plan.partition_keys[0], steps.RUN_ID, retry_delay=0
            ),
        )
        steps.require_completed(result)
        with _Stopwatch() as closing:
            closed = steps.close(clone)
        return Measurement(
            name="one piece",
            usage=usage,
            rows=plan.rows,
            outcome=outcome.read(clone),
            chunks=1,
            written=steps.written_rows(closed),
            plan_seconds=plan.seconds,
            cycle_seconds=opening.seconds + usage.seconds + closing.seconds,
            cycle_cpu_seconds=opening.cpu_seconds + usage.client_cpu_seconds + closing.cpu_seconds,
        )

    def chunks(self, clone: Postgres, workers: int) -> Measurement:
        """All chunks of a cycle by so many workers; Task 01 and plan are measured apart."""
        with _Stopwatch() as opening:
            opened = steps.start(clone, self._settings)
        keys = opened.plan.partition_keys
        self._databases.checkpoint(clone)
        _, usage = measure(self._databases.server, clone, lambda: steps.process(clone, keys, workers))
        with _Stopwatch() as closing:
            closed = steps.close(clone)
        return Measurement(
            name=chunks_name(workers),
            usage=usage,
            rows=opened.plan.rows,
            outcome=outcome.read(clone),
            chunks=len(keys),
            written=steps.written_rows(closed),
            snapshot_seconds=opened.step_seconds,
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

    def earlier_chunks(self, clone: Postgres, reference: Postgres, count: int) -> Measurement:
        """So many of the earlier pipeline's chunks, extrapolated to all of a cycle where there are more.

        Raises PipelineError if their rows are not what they are in `reference`, a clone that is done.
        """
        with clone.session("bench") as session:
            plan = run.plan_cycle(session, earlier.chunk_settings(self._settings), steps.RUN_ID)
        keys = earlier.spread(plan.partition_keys, count)
        self._databases.checkpoint(clone)
        row_ids, usage = measure(self._databases.server, clone, lambda: earlier.update_chunks(clone, keys))
        outcome.require_equal(
            EARLIER, outcome.read(clone, row_ids), outcome.read(reference, row_ids), with_marks=True
        )
        measured = Measurement(EARLIER, usage, plan.rows, chunks=len(plan.partition_keys))
        if len(keys) == measured.chunks:
            return replace(measured, outcome=outcome.read(clone))
        return replace(
            measured,
            usage=usage.times(len(plan.partition_keys) / len(keys)),
            extrapolated_from=len(keys),
        )

    def _plan_one_piece(self, clone: Postgres) -> tuple[Plan, Chunk]:
        with clone.session("bench") as session:
            plan = run.plan_cycle(session, self._settings.as_one_piece(), steps.RUN_ID)
            steps.evaluate(session, checks.plan_checks())
            with ledger.claimed(session, plan.partition_keys[0]) as chunk:
                return plan, chunk


def chunks_name(workers: int) -> str:
    return f"chunks, {workers} worker{'s' if workers > 1 else ''}"


class _Stopwatch:
    """Both kinds of seconds that something has taken in this process."""

    seconds = cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        started, cpu_started = self._started
        self.seconds, self.cpu_seconds = time.monotonic() - started, cpu_seconds() - cpu_started
