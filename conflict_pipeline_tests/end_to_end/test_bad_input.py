"""Operators' mistakes: each gets one clear message that says what to do, and nothing is written."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import psycopg
import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests import dagster_runs
from conflict_pipeline_tests.small_cycles import world

__all__ = ["world"]  # fixture

Message = Callable[..., str]
WHOLE_CYCLE = ("conflict_report", "task_02")


@pytest.fixture
def message(instance: dg.DagsterInstance) -> Message:
    """Returns the message with which a job fails, `message("task_01")`, run in this process."""

    def run_job(job: str, config: dict[str, Any] | None = None, *, key: str | None = None) -> str:
        result = dagster_runs.run(instance, job, config, tags={dagster_runs.PARTITION: key} if key else None)
        assert not result.success
        assert dagster_runs.materializations(result) == {}
        text = dagster_runs.failure(result)
        assert "\n" not in text
        return text

    return run_job


@pytest.fixture
def untouched(database: Postgres, world: Session) -> Iterator[Postgres]:
    """A small world, which must be unchanged after the test: rows, ledger, snapshot, InProgressFlag."""
    before = _everything_written(database)
    yield database
    assert _everything_written(database) == before


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
def test_zero_or_two_settings_rows(
    untouched: Postgres, message: Message, job: str, settings_rows: int
) -> None:
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
        text = message(job)
        session.conn.execute(undo)

    assert f"must hold exactly one row, it holds {settings_rows}" in text


@pytest.mark.parametrize("job", ["task_01", "get_task02_chunks", *WHOLE_CYCLE, "validate_config"])
def test_a_database_without_the_schema(empty_database: Postgres, message: Message, job: str) -> None:
    text = message(job)

    assert "The database lacks table" in text
    assert "conflict-pipeline schema apply" in text


@pytest.mark.parametrize("job", ["task_01", "get_task02_chunks", *WHOLE_CYCLE])
def test_a_missing_column(database: Postgres, message: Message, job: str) -> None:
    with database.session("change") as session:
        session.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "P_PStatus"')

    text = message(job)

    assert 'column "P_PStatus" of conflict.conflictvisitmaps' in text
    assert "conflict-pipeline schema apply" in text


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
def test_invalid_chunk_settings(
    untouched: Postgres, message: Message, config: dict[str, int], fault: str
) -> None:
    assert fault in message("conflict_report", config)


@pytest.fixture
def role_with_password(server: dict[str, Any]) -> Iterator[None]:
    """The role that the embedded server asks for a password (server.py)."""
    with psycopg.connect(**{**server, "dbname": "postgres"}, autocommit=True) as conn:
        conn.execute("DROP ROLE IF EXISTS locked")  # of a broken run
        conn.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        yield
        conn.execute("DROP ROLE locked")


def test_a_wrong_password(
    database: Postgres,
    role_with_password: None,
    environment: Callable[..., Postgres],
    message: Message,
) -> None:
    environment(database.conninfo["dbname"], POSTGRES_USER="locked", POSTGRES_PASSWORD="wrong")

    text = message("conflict_report")

    assert "refused user locked. Check POSTGRES_USER and POSTGRES_PASSWORD." in text
    assert "wrong" not in text


def test_a_chunk_before_any_plan(untouched: Postgres, message: Message) -> None:
    text = message("process_task02_chunk", key="c20200101t000000_0001")

    assert "no cycle has been planned yet. Run the job get_task02_chunks" in text


def test_an_unknown_partition_key(database: Postgres, message: Message) -> None:
    with database.session("plan") as session:
        run.plan_cycle(session, CycleSettings(), "run")
    before = _everything_written(database)

    text = message("process_task02_chunk", key="c20200101t000000_0001")

    assert "There is no chunk c20200101t000000_0001. The newest cycle is c" in text
    assert "conflict-pipeline status" in text
    assert _everything_written(database) == before
