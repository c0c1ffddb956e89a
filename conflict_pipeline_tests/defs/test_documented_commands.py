"""`dg launch` starts the documented jobs, as `dagster job execute` does (end_to_end/)."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from dagster_dg_cli.cli import cli

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import states, world

__all__ = ["world"]  # fixture


def launch(*arguments: str) -> None:
    """Run `dg launch …` in this process; fails with its output."""
    command = ["launch", "-m", "conflict_pipeline.definitions", *arguments]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output


def test_dg_launch_runs_a_job_and_a_partition(
    world: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Partitions must outlive a command, so Dagster needs a home.
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    launch("--job", "get_task02_chunks")
    (chunk,) = read(world, "conflict_chunk")
    assert states(world) == ["pending"]

    launch("--job", "process_task02_chunk", "--partition", chunk["partition_key"])
    assert states(world) == ["completed"]

    launch("--assets", "conflictvisitmaps", "--partition", chunk["partition_key"])
    assert states(world) == ["completed"]
