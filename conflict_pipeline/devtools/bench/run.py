"""`conflict-pipeline bench`: every candidate on a clone of one sample, side by side, and what they took."""

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

from conflict_pipeline.devtools.bench import backfill, cycles, explain, jobs, limits, outcome, report, steps
from conflict_pipeline.devtools.bench.candidates import Candidates, chunks_name
from conflict_pipeline.devtools.bench.cycles import Cycles
from conflict_pipeline.devtools.bench.databases import Databases, own_databases
from conflict_pipeline.devtools.bench.measurement import Measurement, Outcome
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.postgres.database import Postgres, open_postgres

WORKERS = (1, 2, 5)
PLANS = "bench_plans.txt"
EMPTY_JOB = "job that does nothing"


def run(options: Options, out: Console) -> int:
    """Everything that the command does; returns its exit code, 1 if a limit is exceeded with `check`.

    Raises PipelineError where a candidate is wrong. The databases are gone in any case.
    """
    server = open_postgres(create=True)
    if options.explain:
        explain.require(server)
    with _ended_in_order(), own_databases(server) as databases:
        started = time.monotonic()
        with out.status("Creating the sample…"):
            databases.make_template(options.size)
        out.print(f"Sample created in {time.monotonic() - started:.1f} s.", highlight=False)
        bench = _Bench(databases, options, out)
        bench.run()
        with server.session("bench") as session:
            environment = report.environment(session)
        environment["server"]["checkpointed"] = databases.checkpointed
        if options.explain:
            _explain(databases, options, out)
    for table in report.as_tables(bench.measurements):
        out.line()
        out.print(table)
    out.line()
    _print_sums(bench.measurements, out)
    if options.json_file:
        content = {**environment, **_content(options, bench.measurements)}
        options.json_file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return _check(bench.measurements, out) if options.check else 0


class _Bench:
    """The candidates in their order; `measurements` by name."""

    def __init__(self, databases: Databases, options: Options, out: Console) -> None:
        self.measurements: dict[str, Measurement] = {}
        self._expected: Outcome | None = None
        self._databases = databases
        self._options = options
        self._out = out
        self._candidates = Candidates(databases, options.chunk_settings())

    def run(self) -> None:
        candidates = self._candidates
        with self._databases.clone() as reference:
            # Not measured: whatever comes first finds the machine busy with what was written before it.
            self._expected = candidates.one_piece(reference).outcome
            self._best(lambda clone: candidates.limit(clone, reference), with_marks=False)
            count = self._options.earlier_chunks
            if count:
                self._best(lambda clone: candidates.earlier_chunks(clone, reference, count))
        self._best(candidates.one_piece)
        self._best(candidates.plain, with_marks=False)
        for workers in WORKERS:
            self._best(partial(candidates.chunks, workers=workers))
        self._run_cycles()
        if self._options.with_jobs:
            self._run_jobs()
        if self._options.with_backfill:
            self._run_backfill()

    def _run_cycles(self) -> None:
        measured = Cycles(self._databases, self._options.chunk_settings())
        for _ in range(self._options.repeat):
            with self._databases.clone() as clone:
                for measurement in measured.measure(clone):
                    self._keep(measurement)

    def _run_jobs(self) -> None:
        measure = partial(jobs.measure_job, self._databases.server)
        self._best(lambda clone: measure(clone, "test_postgres", EMPTY_JOB))
        self._best(lambda clone: measure(clone, "task_02", "job task_02"))
        self._add_dagster("job task_02", "one piece")
        for workers in WORKERS:
            name = f"job conflict_report, {workers}"
            config = {**self._options.plan_config(), "max_concurrency": workers}
            self._best(partial(measure, job="conflict_report", name=name, config=config))
            self._add_dagster(name, chunks_name(workers))

    def _run_backfill(self) -> None:
        config = self._options.plan_config()
        self._best(lambda clone: backfill.measure_backfill(self._databases.server, clone, config))
        alone = self.measurements[chunks_name(backfill.WORKERS)]
        self.measurements[backfill.NAME] = backfill.with_dagster(self.measurements[backfill.NAME], alone)

    def _best(
        self,
        candidate: Callable[[Postgres], Measurement],
        *,
        with_marks: bool = True,
    ) -> None:
        for _ in range(self._options.repeat):
            with self._databases.clone() as clone:
                self._keep(candidate(clone), with_marks=with_marks)

    def _keep(self, measurement: Measurement, *, with_marks: bool = True) -> None:
        """The quickest of a name; raises PipelineError if its outcome is not that of one piece."""
        if measurement.outcome and self._expected:
            outcome.require_equal(
                measurement.name, measurement.outcome, self._expected, with_marks=with_marks
            )
        self._out.print(f"{measurement.name}: {measurement.usage.seconds:.2f} s", highlight=False)
        known = self.measurements.get(measurement.name, measurement)
        if measurement.usage.seconds <= known.usage.seconds:
            self.measurements[measurement.name] = measurement

    def _add_dagster(self, name: str, alone: str) -> None:
        job, cycle_seconds = self.measurements[name], self.measurements[alone].cycle_cpu_seconds
        empty = self.measurements[EMPTY_JOB].usage.client_cpu_seconds
        assert cycle_seconds is not None
        assert job.chunks
        seconds = job.usage.client_cpu_seconds - cycle_seconds
        self.measurements[name] = replace(
            job, dagster_cpu_seconds=seconds, dagster_cpu_seconds_per_chunk=(seconds - empty) / job.chunks
        )


def _content(options: Options, measurements: dict[str, Measurement]) -> dict[str, Any]:
    limit, settings = measurements["limit"], options.chunk_settings()
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


def _print_sums(measurements: dict[str, Measurement], out: Console) -> None:
    chunks = measurements[chunks_name(WORKERS[0])]
    out.print(
        f"Beside the chunks: snapshot of Task 01 {chunks.snapshot_seconds:.2f} s, "
        f"plan {chunks.plan_seconds:.2f} s.",
        highlight=False,
    )
    out.print(cycles.summary(measurements), highlight=False, soft_wrap=True)


def _explain(databases: Databases, options: Options, out: Console) -> None:
    file = databases.server.settings.report_folder / PLANS
    with databases.clone() as clone:
        opened = steps.start(clone, options.chunk_settings())
        count = explain.write_plans(clone, opened.plan.partition_keys[0], file)
    out.print(f"Plans of the {count} statements of one chunk: {file}", highlight=False)


def _check(measurements: dict[str, Measurement], out: Console) -> int:
    lines = limits.breaches(measurements, limits.LIMITS)
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)
    return 1 if lines else 0


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Take SIGTERM for an interrupt, so that the databases are dropped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
