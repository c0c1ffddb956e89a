"""The candidates that run in this process, each on a clone of its own."""

import time
from typing import Self

from conflict_pipeline.cycles import checks, ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import cycles, outcome, peers
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import cpu_seconds, measure
from conflict_pipeline.model import Chunk, Plan
from conflict_pipeline.postgres.database import Postgres

LIMIT, PLAIN, ONE_PIECE = "limit", "plain", "one piece"


class Candidates:
    """Each method measures one candidate on the given clone."""

    def __init__(self, databases: Databases, settings: CycleSettings) -> None:
        self._databases = databases
        self._settings = settings

    def one_piece(self, clone: Postgres) -> Measurement:
        """Measure the only chunk of a plan in one piece; the cycle is ended outside the measured time."""
        with _Stopwatch() as opening:
            plan, _ = self._plan_one_piece(clone)
        self._databases.checkpoint(clone)
        result, usage = measure(
            self._databases.server,
            clone,
            lambda: process_chunk(
                lambda: clone.session("bench"), plan.partition_keys[0], cycles.RUN_ID, retry_delay=0
            ),
        )
        cycles.require_completed(result)
        with _Stopwatch() as closing:
            closed = cycles.close(clone)
        return Measurement(
            ONE_PIECE,
            usage,
            rows=plan.rows,
            outcome=outcome.read(clone),
            chunks=1,
            written=cycles.written_rows(closed),
            plan_seconds=plan.seconds,
            cycle_seconds=opening.seconds + usage.seconds + closing.seconds,
            cycle_cpu_seconds=opening.cpu_seconds + usage.client_cpu_seconds + closing.cpu_seconds,
        )

    def chunks(self, clone: Postgres, workers: int) -> Measurement:
        """Measure all chunks of a cycle with `workers` threads; its start and end are measured separately."""
        with _Stopwatch() as opening:
            opened = cycles.start(clone, self._settings)
        keys = opened.plan.partition_keys
        self._databases.checkpoint(clone)
        _, usage = measure(self._databases.server, clone, lambda: cycles.process(clone, keys, workers))
        with _Stopwatch() as closing:
            closed = cycles.close(clone)
        return Measurement(
            chunks_name(workers),
            usage,
            rows=opened.plan.rows,
            outcome=outcome.read(clone),
            chunks=len(keys),
            written=cycles.written_rows(closed),
            step_seconds=opened.step_seconds,
            plan_seconds=opened.plan.seconds,
            cycle_seconds=opening.seconds + usage.seconds + closing.seconds,
            cycle_cpu_seconds=opening.cpu_seconds + usage.client_cpu_seconds + closing.cpu_seconds,
        )

    def limit(self, clone: Postgres, source: Postgres) -> Measurement:
        """Measure the bare update of the rows that `source`, a clone whose cycle is done, has re-detected."""
        with source.session("bench") as session:
            window = ledger.current_window(session, self._settings)
            rows = ledger.require_cycle(session).planned
        columns = peers.copy_ready(source, clone, window)
        self._databases.checkpoint(clone)

        def work() -> None:
            with clone.session("bench") as session:
                peers.update_from_ready(session, columns)

        _, usage = measure(self._databases.server, clone, work)
        return Measurement(LIMIT, usage, rows, outcome.read(clone))

    def plain(self, clone: Postgres) -> Measurement:
        """Measure the plain update: all visits of the window with all visits of the window, at once."""
        plan, chunk = self._plan_one_piece(clone)
        self._databases.checkpoint(clone)

        def work() -> None:
            with clone.session("bench") as session:
                peers.update_plainly(session, chunk)

        _, usage = measure(self._databases.server, clone, work)
        return Measurement(PLAIN, usage, plan.rows, outcome.read(clone))

    def _plan_one_piece(self, clone: Postgres) -> tuple[Plan, Chunk]:
        with clone.session("bench") as session:
            plan = run.plan_cycle(session, self._settings.as_one_piece(), cycles.RUN_ID)
            cycles.evaluate(session, checks.plan_checks())
            with ledger.claimed(session, plan.partition_keys[0]) as chunk:
                return plan, chunk


def chunks_name(workers: int) -> str:
    """Return the name of the candidate with that many workers."""
    return f"chunks, {workers} worker{'s' if workers > 1 else ''}"


class _Stopwatch:
    """The elapsed seconds and the processor seconds of a block, in this process."""

    seconds = cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        started, cpu_started = self._started
        self.seconds, self.cpu_seconds = time.monotonic() - started, cpu_seconds() - cpu_started
