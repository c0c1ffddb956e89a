"""Whole jobs run on the clone, in a process of their own."""

import sys
from pathlib import Path

import pytest

from conflict_pipeline.devtools.bench import jobs
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.errors import PipelineError
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS


def test_a_whole_job_is_measured_on_the_clone_with_its_own_records(databases: Databases) -> None:
    config = {"target_chunk_size": CHUNK_ROWS, "max_concurrency": 2}

    with databases.clone() as clone:
        measured = jobs.measure_job(databases.server, clone, "conflict_report", "job", config)
        with clone.session("test") as session:
            runs = session.conn.execute("SELECT status FROM dagster.runs").fetchall()

    assert [row["status"] for row in runs] == ["SUCCESS"]
    assert measured.chunks == 3
    assert measured.outcome
    # At least the memory that the import of Dagster takes.
    assert measured.usage.client_bytes
    assert measured.usage.client_bytes > 50 * 1024 * 1024


def test_the_error_of_a_failed_job_quotes_the_last_lines_of_its_output(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [sys.executable, "-c", "print('one\\n' * 9 + 'the reason'); raise SystemExit(3)"]
    monkeypatch.setattr(jobs, "job_command", lambda _: failing)

    with pytest.raises(PipelineError, match=r"Job task_02 .* failed: (one / ){4}the reason$"):
        jobs.execute(databases.server, "task_02")


def test_the_dagster_yaml_in_use_takes_precedence_over_that_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, checkout_only = tmp_path / "used", tmp_path / "checkout_only"
    for home in (tmp_path / "mine", used, checkout_only):
        home.mkdir()
    (tmp_path / "mine" / "dagster.yaml").write_text("telemetry: {enabled: false}")

    jobs._copy_dagster_yaml(checkout_only)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "mine"))
    jobs._copy_dagster_yaml(used)

    assert (used / "dagster.yaml").read_text() == "telemetry: {enabled: false}"
    assert "run_queue" in (checkout_only / "dagster.yaml").read_text()
