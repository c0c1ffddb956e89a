from dataclasses import replace

import pytest

from conflict_pipeline.devtools.bench import backfill, jobs
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.options import Options
from conflict_pipeline.errors import PipelineError
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, candidates, databases, measurement

__all__ = ["candidates", "databases"]  # fixtures

CONFIG = Options(chunk_rows=CHUNK_ROWS).plan_config()


def test_each_partition_is_a_run_of_its_own(databases: Databases, candidates: Candidates) -> None:
    with databases.clone() as clone:
        chunks = candidates.chunks(clone, 1)
    with databases.clone() as clone:
        measured = backfill.measure_backfill(databases.server, clone, CONFIG)
        with clone.session("test") as session:
            runs = session.conn.execute(
                "SELECT pipeline_name, partition, status FROM dagster.runs ORDER BY partition"
            ).fetchall()

    plan, *parts = sorted(runs, key=lambda run: run["partition"] or "")
    assert plan["pipeline_name"] == "get_task02_chunks"
    assert {(part["pipeline_name"], part["status"]) for part in parts} == {
        ("process_task02_chunk", "SUCCESS")
    }
    assert len({part["partition"] for part in parts}) == len(parts) == measured.chunks == 3
    assert measured.outcome == chunks.outcome
    assert measured.rows == chunks.rows
    # Three processes, each of which imports Dagster.
    assert measured.usage.client_cpu_seconds > chunks.usage.client_cpu_seconds + 3 * 0.5


def test_a_run_that_leaves_its_chunk_undone_ends_the_benchmark(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan_only(*arguments: object, partition: str | None = None) -> int | None:
        return None if partition else execute(*arguments)  # type: ignore[arg-type]

    execute = jobs.execute
    monkeypatch.setattr(jobs, "execute", plan_only)

    with databases.clone() as clone, pytest.raises(PipelineError, match="0 of 3 chunks are completed"):
        backfill.measure_backfill(databases.server, clone, CONFIG)


def test_what_dagster_takes_is_a_backfill_less_the_chunks_alone() -> None:
    measured = replace(measurement("backfill", client_cpu_seconds=13.0), chunks=4)

    found = backfill.with_dagster(measured, measurement("alone", client_cpu_seconds=1.0))

    assert (found.dagster_cpu_seconds, found.dagster_cpu_seconds_per_chunk) == (12.0, 3.0)
