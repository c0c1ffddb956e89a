"""A backfill as a user of the UI has it: a run for each partition, each in a process of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.bench import jobs, outcome, steps
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import measure
from conflict_pipeline.postgres.database import Postgres

NAME = "backfill, 5 runs at once"
WORKERS = 5


def measure_backfill(server: Postgres, clone: Postgres, plan_config: dict[str, Any]) -> Measurement:
    """All partitions of a new plan, from the start of the first process to the end of the last.

    Its memory is that of the largest process. Raises PipelineError if a chunk is not completed.
    """
    # By the job, which makes Dagster know the partitions, and its tables before five processes want to.
    jobs.execute(clone, "get_task02_chunks", {"ops": {"conflict_chunks": {"config": plan_config}}})
    with clone.session("bench") as session:
        cycle = ledger.require_cycle(session)
        keys = [chunk["partition_key"] for chunk in ledger.chunks(session, cycle.cycle_id)]

    def run(key: str) -> int | None:
        return jobs.execute(clone, "process_task02_chunk", partition=key)

    def work() -> list[int | None]:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(run, keys))

    peaks, usage = measure(server, clone, work)
    closed = steps.close(clone)
    return Measurement(
        NAME,
        replace(usage, client_bytes=max((peak for peak in peaks if peak), default=None)),
        rows=closed.planned,
        outcome=outcome.read(clone),
        chunks=closed.chunks,
        written=steps.written_rows(closed),
    )


def with_dagster(backfill: Measurement, alone: Measurement) -> Measurement:
    """And what Dagster took beside the chunks `alone`, the start of a process for each included."""
    assert backfill.chunks
    seconds = backfill.usage.client_cpu_seconds - alone.usage.client_cpu_seconds
    return replace(
        backfill,
        dagster_cpu_seconds=seconds,
        dagster_cpu_seconds_per_chunk=seconds / backfill.chunks,
    )
