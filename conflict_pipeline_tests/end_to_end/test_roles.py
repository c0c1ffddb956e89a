"""The roles: the owner creates the tables, the worker fills them, the reader reads the report's."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conflict_pipeline.cycles.set_up import apply_schema, missing_privileges, surplus_privileges
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.postgres import roles
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import DAGSTER, OWNER, READER, WORKER
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.publish import publish_newest
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.end_to_end.conftest import SIZE
from conflict_pipeline_tests.end_to_end.loads import NAMES, refreshes
from conflict_pipeline_tests.end_to_end.processes import run_job, start, start_job
from conflict_pipeline_tests.end_to_end.tables import conflict_rows
from conflict_pipeline_tests.loads.upstream import Upstream, table_rows

__all__ = ["run_job", "start", "start_job"]  # fixtures

AsRole = Callable[..., Postgres]
RunJob = Callable[..., str]


@pytest.fixture
def as_role(server_roles: None, empty_database: Postgres, environment: Callable[..., Postgres]) -> AsRole:
    """A database with the sample, created by the owner; `as_role(WORKER)` points the settings at it.

    conflict_dagster owns Dagster's records. The database also has a schema that no role may use.
    """
    name = empty_database.conninfo["dbname"]

    def connect(role: str, **variables: str) -> Postgres:
        return environment(
            name,
            POSTGRES_USER=role,
            POSTGRES_PASSWORD=ROLE_PASSWORD,
            DAGSTER_POSTGRES_USER=DAGSTER,
            DAGSTER_POSTGRES_PASSWORD=ROLE_PASSWORD,
            **variables,
        )

    with empty_database.session("administrator") as session:
        roles.create_roles(session)
        session.conn.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        session.conn.execute("CREATE SCHEMA others; CREATE TABLE others.secret AS SELECT 1 AS value")
    with connect(OWNER).session("owner") as session:
        apply_schema(session, loads=False)
        load_sample(session, SIZE, datetime.now(UTC).date())
    return connect


def test_a_worker_ends_in_the_same_state_as_a_superuser(
    server_roles: None,
    one_piece: dict[int, dict[str, Any]],
    as_role: AsRole,
    run_job: RunJob,
    tmp_path: Path,
) -> None:
    database = as_role(WORKER, REPORT_AFTER_CYCLE="true", REPORT_FOLDER=str(tmp_path / "reports"))
    run_job("validate_config")
    run_job("conflict_report", {"target_chunk_size": 300, "mode": "incremental"})

    assert len(list(tmp_path.glob("reports/*/report.html"))) == 1
    with database.session("test") as session:
        assert surplus_privileges(session, loads=False, own_schemas=[]) == []
    assert conflict_rows(database) == one_piece

    with as_role(OWNER).session("owner") as session:
        session.conn.execute("UPDATE analytics.dimpayer SET \"Payer Name\" = 'renamed'")
        session.conn.execute(
            """DELETE FROM analytics.factvisitcallperformance_cr
            WHERE "Visit Id" IN (SELECT "VisitID" FROM conflict.conflictvisitmaps ORDER BY 1 LIMIT 9)"""
        )
    as_role(WORKER)
    run_job("conflict_report", {"mode": "incremental"})
    with database.session("test") as session:
        modes = session.conn.execute("SELECT mode FROM conflict.conflict_cycle ORDER BY cycle_id").fetchall()
        analyzed = session.conn.execute(
            "SELECT reltuples FROM pg_class WHERE oid = 'conflict.conflict_changed_row'::regclass"
        ).fetchone()
    assert [row["mode"] for row in modes] == ["full", "incremental"]
    assert analyzed is not None
    assert analyzed["reltuples"] > 0
    published = publish_newest(as_role(READER, REPORT_FOLDER=str(tmp_path / "readers")))
    assert published.path.is_file()
    after = conflict_rows(as_role(WORKER))
    run_job("conflict_report")
    assert conflict_rows(database) == after


def test_a_worker_loads_where_it_is_granted(
    as_role: AsRole, emulator: SnowflakeEmulator, run_job: RunJob
) -> None:
    loads = {"LOAD_FROM_SNOWFLAKE": "true", "LOAD_SLICE_ROWS": "700"}
    owner = as_role(OWNER, **loads)
    before = refreshes(owner)
    with owner.session("owner") as session:
        expected = {name: table_rows(session, name) for name in NAMES}
        Upstream(emulator, owner).take(session, *NAMES)
    worker = as_role(WORKER)
    run_job("validate_config", code=1)
    with worker.session("test") as session:
        assert 'DELETE on "analytics"."dimcaregiver"' in missing_privileges(session, loads=True)

    with owner.session("owner") as session:
        apply_schema(session, loads=True)
    for job in ("validate_config", "load_analytics", "load_analytics"):
        run_job(job)

    with worker.session("test") as session:
        assert [name for name in NAMES if table_rows(session, name) != expected[name]] == []
        assert surplus_privileges(session, loads=True, own_schemas=[]) == []
    assert len(refreshes(worker)) == len(before) + 2


FORBIDDEN = (
    "DROP TABLE conflict.conflictvisitmaps",
    "DROP SCHEMA conflict CASCADE",
    "ALTER TABLE conflict.conflictvisitmaps ADD COLUMN extra text",
    "ALTER TABLE analytics.dimpayer DISABLE TRIGGER ALL",
    "TRUNCATE conflict.conflictvisitmaps",
    "TRUNCATE conflict.conflict_cycle CASCADE",
    "TRUNCATE analytics.dimpayer",
    "DELETE FROM conflict.conflictvisitmaps",
    "INSERT INTO conflict.conflictvisitmaps DEFAULT VALUES",
    """UPDATE analytics.dimpayer SET "Payer Name" = ''""",
    "CREATE TABLE conflict.extra ()",
    "CREATE TABLE analytics.extra ()",
    "CREATE TABLE public.extra ()",
    "CREATE TABLE dagster.extra ()",
    "CREATE SCHEMA extra",
    "CREATE ROLE extra",
    "CREATE OR REPLACE FUNCTION conflict.analyze_table(filled regclass) RETURNS void LANGUAGE sql AS ''",
    "SELECT FROM others.secret",
    "SELECT FROM dagster.runs",
    "DELETE FROM dagster.runs",
    "SELECT FROM pg_authid",
    "COPY conflict.mph TO PROGRAM 'true'",
    f"SET ROLE {OWNER}",
    f"SET ROLE {DAGSTER}",
)
FORBIDDEN_TO_READER = (
    "SELECT FROM conflict.conflict_chunk",
    "SELECT FROM conflict.excluded_ssn",
    "SELECT FROM analytics.dimpatient",
    "DELETE FROM conflict.conflictvisitmaps_temp",
    """UPDATE conflict.settings SET "InProgressFlag" = 1""",
)


def refused(session: Session, statement: str) -> bool:
    try:
        with session.transaction(force_rollback=True):
            session.conn.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_what_is_not_needed_is_refused(as_role: AsRole, run_job: RunJob) -> None:
    worker = as_role(WORKER)
    run_job("test_postgres")  # creates Dagster's records

    with worker.session("test") as session:
        assert [statement for statement in FORBIDDEN if not refused(session, statement)] == []
        assert not [statement for statement in FORBIDDEN_TO_READER if refused(session, statement)]
    with as_role(READER).session("test") as session:
        assert [text for text in (*FORBIDDEN, *FORBIDDEN_TO_READER) if not refused(session, text)] == []
    with as_role(DAGSTER).session("test") as session:
        assert refused(session, "SELECT FROM conflict.conflictvisitmaps")
        assert not refused(session, "SELECT FROM dagster.runs")
