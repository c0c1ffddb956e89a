"""The HTML report in Dagster runs: written when a cycle ends; its failure never fails the cycle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report import publish
from conflict_pipeline_tests.dagster_runs import CONFIG, materializations, run
from conflict_pipeline_tests.report.drawing import drawn_once
from conflict_pipeline_tests.small_cycles import (
    SSNS,
    cycle_states,
    do,
    in_progress,
    plan,
    refuse,
    world,
)

__all__ = ["drawn_once", "world"]  # fixtures

pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def _with_report(database: Postgres, environment: Callable[..., Postgres]) -> None:
    environment(database.conninfo["dbname"], REPORT_AFTER_CYCLE="true")


def closed(instance: dg.DagsterInstance, world: Session, database: Postgres, job: str) -> dict[str, Any]:
    """Close a cycle with this job and return the metadata of conflict_report."""
    if job == "finish_cycle":
        do(database, *plan(world))
    result = run(instance, job, None if job == "finish_cycle" else CONFIG)
    assert result.success
    return materializations(result)["conflict_report"]


both_jobs = pytest.mark.parametrize("job", ["conflict_report", "finish_cycle"])


@both_jobs
@pytest.mark.usefixtures("_with_report")
def test_both_jobs_write_the_report_when_the_cycle_ends(
    database: Postgres, world: Session, instance: dg.DagsterInstance, tmp_path: Path, job: str
) -> None:
    metadata = closed(instance, world, database, job)

    page = tmp_path / "reports" / metadata["cycle"] / "report.html"
    assert metadata["report"] == str(page)
    assert page.is_file()
    assert (metadata["conflicts"], metadata["billed_amount_at_risk"]) == (1, 0.0)
    assert "| conflicts (pairs) | 1 |" in metadata["report_preview"]
    assert "| SameSchTimeFlag | 1 |" in metadata["report_preview"]
    assert not [ssn for ssn in SSNS if ssn in str(metadata)]


def test_it_can_be_turned_off(
    database: Postgres, world: Session, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    metadata = closed(instance, world, database, "finish_cycle")

    assert "report" not in metadata
    assert not (tmp_path / "reports").exists()


@pytest.mark.usefixtures("_with_report")
def test_a_report_that_cannot_be_written_is_a_warning_and_the_cycle_is_complete(
    database: Postgres,
    world: Session,
    instance: dg.DagsterInstance,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "reports").write_text("a file, where the folder should be")

    metadata = closed(instance, world, database, "finish_cycle")

    assert (cycle_states(world), in_progress(world)) == (["completed"], 2)
    assert metadata["report"].startswith("The HTML report was not written: ")
    assert metadata["report"].endswith("Run `conflict-pipeline report` to write it.")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "was not written" in line]
    assert "WARNING" in line
    assert str(tmp_path / "reports") in line


@pytest.mark.usefixtures("_with_report")
def test_a_bug_in_the_report_does_not_fail_the_cycle_and_leaks_no_value(
    database: Postgres, world: Session, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(SSNS[0])

    monkeypatch.setattr(publish, "compute", broken)

    metadata = closed(instance, world, database, "conflict_report")

    assert "KeyError in report/publish.py:" in metadata["report"]
    assert SSNS[0] not in metadata["report"]


@pytest.mark.usefixtures("_with_report")
def test_a_database_error_is_described_without_values(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    do(database, *plan(world))
    world.conn.execute('ALTER TABLE conflict.conflictvisitmaps ALTER "TotalBilledAmount" TYPE text')

    result = run(instance, "finish_cycle")

    assert result.success
    assert "DatatypeMismatch [42804]" in materializations(result)["conflict_report"]["report"]


def test_a_chunk_that_failed_is_linked_to_its_run_where_a_cycle_cannot_be_closed(
    world: Session, instance: dg.DagsterInstance
) -> None:
    refuse(world, SSNS[1])
    failed = run(instance, "conflict_report", CONFIG)

    result = run(instance, "finish_cycle")

    (error,) = [
        event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.event_type_value == "STEP_FAILURE"
    ]
    assert error is not None
    (link,) = error.metadata.values()
    assert link == dg.MetadataValue.dagster_run(failed.run_id)
