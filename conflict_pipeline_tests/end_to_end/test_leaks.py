"""Errors that hold a value keep it in the database: every entry point, on errors with an SSN and a name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.end_to_end.loads import expected, upstream
from conflict_pipeline_tests.end_to_end.privacy import dagster_storage
from conflict_pipeline_tests.end_to_end.processes import Running, Start, start, start_job
from conflict_pipeline_tests.loads.upstream import Upstream
from conflict_pipeline_tests.parity.systems import Systems, both_systems, systems
from conflict_pipeline_tests.poison import POISON, POISON_SHOWN, poison_ddl, poison_reads, poison_writes
from conflict_pipeline_tests.small_cycles import do

__all__ = ["both_systems", "expected", "start", "start_job", "systems", "upstream"]  # fixtures

Poison = Callable[[Session], None]


def reads(table: str) -> Poison:
    return lambda session: poison_reads(session, table)


def writes(table: str) -> Poison:
    return lambda session: poison_writes(session, table)


def plan(database: Postgres) -> list[str]:
    with database.session("plan") as session:
        return run.plan_cycle(session, CycleSettings(target_chunk_size=1000), "run").partition_keys


def assert_shows_no_value(running: Running, database: Postgres, dagster_home: Path) -> None:
    """The process fails on the poison, and only the class of that error leaves the database."""
    assert running.wait() == 1, running.output
    assert POISON_SHOWN in running.output
    with database.session("look") as session:
        outside_of_rows = session.conn.execute(
            """SELECT application_name AS text FROM pg_stat_activity
            UNION ALL SELECT to_jsonb(cycle)::text FROM conflict.conflict_cycle AS cycle
            UNION ALL SELECT concat_ws(' ', state, run_id, error) FROM conflict.conflict_chunk"""
        ).fetchall()
    # The working folder is the test's: Dagster's home, reports and logs of processes are below it.
    files = [path for path in Path.cwd().rglob("*") if path.is_file()]
    assert dagster_home in {parent for path in files for parent in path.parents}
    places = [running.output.encode(), *dagster_storage(database)]
    places += [str(row["text"]).encode() for row in outside_of_rows]
    places += [str(path).encode() + path.read_bytes() for path in files]
    assert [place for place in places for value in POISON if value.encode() in place] == []


# In JSON one job whose failure is an op's, and one whose failure is an asset's.
@pytest.mark.parametrize(
    ("job", "poison", "log_format"),
    [
        ("validate_config", reads("conflict.settings"), "text"),
        ("task_01", writes("conflict.conflictvisitmaps_temp"), "json"),
        ("task_02", writes("conflict.conflictvisitmaps"), "text"),
        ("start_cycle", writes("conflict.conflict_cycle"), "text"),
        ("get_task02_chunks", writes("conflict.conflict_chunk"), "text"),
        ("conflict_report", writes("conflict.conflictvisitmaps"), "json"),
    ],
)
def test_a_job(
    sample: Postgres,
    start_job: Start,
    dagster_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    job: str,
    poison: Poison,
    log_format: str,
) -> None:
    monkeypatch.setenv("LOG_FORMAT", log_format)
    with sample.session("test") as session:
        poison(session)

    assert_shows_no_value(start_job(job), sample, dagster_home)


def test_the_run_of_a_chunk(sample: Postgres, start_job: Start, dagster_home: Path) -> None:
    keys = plan(sample)
    with sample.session("test") as session:
        poison_writes(session, "conflict.conflictvisitmaps")

    assert_shows_no_value(start_job("process_task02_chunk", key=keys[0]), sample, dagster_home)


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(writes("conflict.conflict_cycle"), id="its closing"),
        pytest.param(reads("conflict.conflict_cycle_input"), id="an asset check"),
    ],
)
def test_the_end_of_a_cycle(sample: Postgres, start_job: Start, dagster_home: Path, poison: Poison) -> None:
    do(sample, *plan(sample))
    with sample.session("test") as session:
        poison(session)

    assert_shows_no_value(start_job("finish_cycle"), sample, dagster_home)


def test_a_load(upstream: Upstream, sample: Postgres, start_job: Start, dagster_home: Path) -> None:
    with sample.session("test") as session:
        poison_writes(session, "analytics.dimcaregiver")

    assert_shows_no_value(start_job("load_analytics"), sample, dagster_home)


@pytest.mark.parametrize(
    ("command", "poison"),
    [
        (["status"], reads("conflict.conflict_cycle_status")),
        (["status", "--json"], reads("conflict.conflict_chunk_status")),
        (["retry", "--yes"], reads("conflict.conflict_chunk_status")),
        (["cancel", "--yes"], writes("conflict.conflict_cycle")),
        (["report"], reads("conflict.conflictvisitmaps")),
        (["schema", "apply"], poison_ddl),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command(
    sample: Postgres,
    start: Start,
    start_job: Start,
    dagster_home: Path,
    command: list[str],
    poison: Poison,
) -> None:
    keys = plan(sample)
    if command == ["report"]:
        do(sample, *keys)
        assert start_job("finish_cycle").wait() == 0
    with sample.session("test") as session:
        poison(session)

    assert_shows_no_value(start("conflict_pipeline.cli", *command), sample, dagster_home)


def test_a_comparison_of_both_systems(systems: Systems, start: Start, dagster_home: Path) -> None:
    systems.fill([1])
    poison_reads(systems.session, "conflict.conflictvisitmaps")

    assert_shows_no_value(start("conflict_pipeline.cli", "parity"), open_postgres(), dagster_home)
