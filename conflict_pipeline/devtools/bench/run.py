"""`conflict-pipeline bench`: measures every candidate on clones of one sample, and compares the results."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from rich.console import Console

from conflict_pipeline.devtools.bench import cycles, jobs, limits, outcome, report
from conflict_pipeline.devtools.bench.candidates import LIMIT, ONE_PIECE, Candidates, chunks_name
from conflict_pipeline.devtools.bench.cycles import Cycles
from conflict_pipeline.devtools.bench.databases import Databases, own_databases
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.devtools.bench.outcome import Outcome
from conflict_pipeline.postgres.database import Postgres, open_postgres

WORKERS = (1, 2, 5)
EMPTY_JOB = "job without work"


def run(options: Options, out: Console) -> int:
    """Measure and print all candidates; return the exit code, 1 if `check` is set and a limit is exceeded.

    Raises PipelineError if the result of a candidate is wrong. The databases are dropped in any case.
    """
    server = open_postgres(create=True)
    with _sigterm_as_exit(), own_databases(server) as databases:
        started = time.monotonic()
        with out.status("Creating the sample…"):
            databases.make_template(options.size)
        out.print(f"Sample created in {time.monotonic() - started:.1f} s.", highlight=False)
        bench = _Bench(databases, options, out)
        bench.run()
        with server.session("bench") as session:
            environment = report.environment(session)
        environment["server"]["checkpointed"] = databases.checkpointed
    for table in report.as_tables(bench.measurements):
        out.line()
        out.print(table)
    out.line()
    _print_summary(bench.measurements, out)
    if options.json_file:
        content = {**environment, **_content(options, bench.measurements)}
        options.json_file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return _check(bench.measurements, out) if options.check else 0


class _Bench:
    """Runs the candidates in their order; `measurements` are by name."""

    def __init__(self, databases: Databases, options: Options, out: Console) -> None:
        self.measurements: dict[str, Measurement] = {}
        self._expected: Outcome | None = None
        self._databases = databases
        self._options = options
        self._out = out
        self._candidates = Candidates(databases, options.cycle_settings())

    def run(self) -> None:
        candidates = self._candidates
        with self._databases.clone() as reference:
            # The first candidate is not measured, because the server is still busy with writing the sample.
            self._expected = candidates.one_piece(reference).outcome
            self._repeat(lambda clone: candidates.limit(clone, reference), with_marks=False)
        self._repeat(candidates.one_piece)
        self._repeat(candidates.plain, with_marks=False)
        for workers in WORKERS:
            self._repeat(partial(candidates.chunks, workers=workers))
        self._run_cycles()
        if self._options.with_jobs:
            self._run_jobs()

    def _run_cycles(self) -> None:
        measured = Cycles(self._databases, self._options.cycle_settings())
        for _ in range(self._options.repeat):
            with self._databases.clone() as clone:
                for measurement in measured.measure(clone):
                    self._keep(measurement)

    def _run_jobs(self) -> None:
        measure = partial(jobs.measure_job, self._databases.server)
        self._repeat(lambda clone: measure(clone, "test_postgres", EMPTY_JOB))
        self._repeat(lambda clone: measure(clone, "task_02", "job task_02"))
        self._add_dagster("job task_02", ONE_PIECE)
        for workers in WORKERS:
            name = f"job conflict_report, {workers}"
            config = {**self._options.plan_config(), "max_concurrency": workers}
            self._repeat(partial(measure, job="conflict_report", name=name, config=config))
            self._add_dagster(name, chunks_name(workers))

    def _repeat(self, candidate: Callable[[Postgres], Measurement], *, with_marks: bool = True) -> None:
        for _ in range(self._options.repeat):
            with self._databases.clone() as clone:
                self._keep(candidate(clone), with_marks=with_marks)

    def _keep(self, measurement: Measurement, *, with_marks: bool = True) -> None:
        """Keep the fastest of a name; raise PipelineError if its outcome differs from that of one piece."""
        if measurement.outcome and self._expected:
            outcome.require_equal(
                measurement.name, measurement.outcome, self._expected, with_marks=with_marks
            )
        self._out.print(f"{measurement.name}: {measurement.usage.seconds:.2f} s", highlight=False)
        known = self.measurements.get(measurement.name, measurement)
        if measurement.usage.seconds <= known.usage.seconds:
            self.measurements[measurement.name] = measurement

    def _add_dagster(self, name: str, without_dagster: str) -> None:
        job, cycle_seconds = self.measurements[name], self.measurements[without_dagster].cycle_cpu_seconds
        empty = self.measurements[EMPTY_JOB].usage.client_cpu_seconds
        assert cycle_seconds is not None
        assert job.chunks
        seconds = job.usage.client_cpu_seconds - cycle_seconds
        self.measurements[name] = replace(
            job, dagster_cpu_seconds=seconds, dagster_cpu_seconds_per_chunk=(seconds - empty) / job.chunks
        )


def _content(options: Options, measurements: dict[str, Measurement]) -> dict[str, Any]:
    limit, settings = measurements[LIMIT], options.cycle_settings()
    return {
        "sizes": {
            **asdict(options.size),
            "eligible_rows": limit.rows,
            "chunk_rows": settings.target_chunk_size,
            "chunk_keys": settings.max_keys_per_chunk,
            "repeat": options.repeat,
        },
        "note": report.NOTE,
        "candidates": [report.as_dict(measurement, limit) for measurement in measurements.values()],
    }


def _print_summary(measurements: dict[str, Measurement], out: Console) -> None:
    chunks = measurements[chunks_name(WORKERS[0])]
    out.print(
        f"Before the chunks: steps {chunks.step_seconds:.2f} s, plan {chunks.plan_seconds:.2f} s.",
        highlight=False,
    )
    out.print(cycles.summary(measurements), highlight=False, soft_wrap=True)


def _check(measurements: dict[str, Measurement], out: Console) -> int:
    lines = limits.breaches(measurements, limits.LIMITS)
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)
    return 1 if lines else 0


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that the databases are dropped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
