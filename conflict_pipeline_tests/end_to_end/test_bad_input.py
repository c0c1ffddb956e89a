"""Operators' mistakes: each gets one clear message that says what to do, and nothing is written."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import psycopg
import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.definitions import defs
from conflict_pipeline.postgres.database import Postgres

WHOLE_CYCLE = ("conflict_report", "task_02")


def _message(job: str, config: dict[str, Any] | None = None, tags: dict[str, str] | None = None) -> str:
    """The message with which the job fails, run in this process."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance, run_config=config or {}, tags=tags or {}, raise_on_error=False
        )
        assert not result.success
        failed = [event for event in result.all_events if event.is_step_failure]
        assert not [event for event in result.all_events if event.is_step_materialization]
        error = failed[0].step_failure_data.error
    assert error is not None
    assert error.cls_name == "Failure"  # expected, not a crash
    message = error.message.partition(": ")[2].strip()
    assert "\n" not in message
    return str(message)


@pytest.fixture
def untouched(sample: Postgres) -> Iterator[Postgres]:
    """The sample, which must be unchanged after the test: rows, ledger, snapshot, InProgressFlag."""
    before = _everything_written(sample)
    yield sample
    assert _everything_written(sample) == before


def _everything_written(database: Postgres) -> tuple[Any, ...]:
    with database.session("compare") as session:
        row = session.conn.execute(
            """SELECT
                (SELECT sum(hashtextextended(cvm::text, 0)) FROM conflict.conflictvisitmaps AS cvm) AS rows,
                (SELECT count(*) FROM conflict.conflict_cycle) AS cycles,
                (SELECT count(*) FROM conflict.conflict_chunk) AS chunks,
                (SELECT count(*) FROM conflict.conflictvisitmaps_temp) AS snapshot,
                (SELECT count(*) FROM conflict.payer_provider_reminders) AS reminders,
                (SELECT max("InProgressFlag") FROM conflict.settings) AS in_progress"""
        ).fetchone()
    assert row is not None
    return tuple(row.values())


@pytest.mark.parametrize("job", [*WHOLE_CYCLE, "validate_config"])
@pytest.mark.parametrize("settings_rows", [0, 2])
def test_zero_or_two_settings_rows(untouched: Postgres, job: str, settings_rows: int) -> None:
    change = (
        "DELETE FROM conflict.settings"
        if settings_rows == 0
        else 'INSERT INTO conflict.settings ("ID", "ExtraDistancePer") VALUES (77, 1)'
    )
    undo = (
        "INSERT INTO conflict.settings SELECT * FROM kept"
        if settings_rows == 0
        else 'DELETE FROM conflict.settings WHERE "ID" = 77'
    )
    with untouched.session("change") as session:
        session.conn.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM conflict.settings")
        session.conn.execute(change)
        message = _message(job)
        session.conn.execute(undo)

    assert f"must hold exactly one row, it holds {settings_rows}" in message


@pytest.mark.parametrize("job", ["task_01", "get_task02_chunks", *WHOLE_CYCLE, "validate_config"])
def test_a_database_without_the_schema(empty_database: Postgres, job: str) -> None:
    message = _message(job)

    assert "The database lacks table" in message
    assert "conflict-pipeline schema apply" in message


@pytest.mark.parametrize("job", ["task_01", "get_task02_chunks", *WHOLE_CYCLE])
def test_a_missing_column(database: Postgres, job: str) -> None:
    with database.session("change") as session:
        session.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "P_PStatus"')

    message = _message(job)

    assert 'column "P_PStatus" of conflict.conflictvisitmaps' in message
    assert "conflict-pipeline schema apply" in message


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"target_chunk_size": 0}, "target_chunk_size is 0, must be at least 1"),
        ({"max_chunk_size": 10}, "max_chunk_size is 10, must not be below target_chunk_size (10000)"),
        ({"max_keys_per_chunk": -1}, "max_keys_per_chunk is -1, must be at least 1"),
        ({"lookback_years": -1}, "lookback_years is -1, must be at least 0"),
        ({"max_concurrency": 0}, "max_concurrency is 0, must be at least 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_invalid_chunk_settings(untouched: Postgres, config: dict[str, int], fault: str) -> None:
    assert fault in _message("conflict_report", config)


@pytest.fixture
def role_with_password(server: dict[str, Any]) -> Iterator[None]:
    """The role that the embedded server asks for a password (server.py)."""
    with psycopg.connect(**{**server, "dbname": "postgres"}, autocommit=True) as conn:
        conn.execute("DROP ROLE IF EXISTS locked")  # of a broken run
        conn.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        yield
        conn.execute("DROP ROLE locked")


def test_a_wrong_password(
    sample_template: str, role_with_password: None, environment: Callable[..., Postgres]
) -> None:
    environment(sample_template, POSTGRES_USER="locked", POSTGRES_PASSWORD="wrong")

    message = _message("conflict_report")

    assert "refused user locked. Check POSTGRES_USER and POSTGRES_PASSWORD." in message
    assert "wrong" not in message


def test_a_chunk_before_any_plan(untouched: Postgres) -> None:
    message = _message("process_task02_chunk", tags={"dagster/partition": "c20200101t000000_0001"})

    assert "no cycle has been planned yet. Run the job get_task02_chunks" in message


def test_an_unknown_partition_key(sample: Postgres) -> None:
    with sample.session("plan") as session:
        run.plan_cycle(session, CycleSettings(), "run")
    before = _everything_written(sample)

    message = _message("process_task02_chunk", tags={"dagster/partition": "c20200101t000000_0001"})

    assert "There is no chunk c20200101t000000_0001. The newest cycle is c" in message
    assert "conflict-pipeline status" in message
    assert _everything_written(sample) == before
