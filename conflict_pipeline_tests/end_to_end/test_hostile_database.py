"""What other users and administrators of the database may do to it must not change what a cycle computes."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.cycles import checks
from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import PipelineError, describe
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import WORKER
from conflict_pipeline.report.figures import compute
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.end_to_end.cycles import process_cycle
from conflict_pipeline_tests.end_to_end.privacy import private_values
from conflict_pipeline_tests.end_to_end.tables import conflict_rows
from conflict_pipeline_tests.server import Conninfo
from conflict_pipeline_tests.small_cycles import do, start_cycle, three_rows

MANY_CHUNKS = CycleSettings(target_chunk_size=300)
# What an administrator may set for a database or a role.
DEFAULTS = {
    "search_path": "public, conflict, pg_catalog",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "client_encoding": "LATIN1",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Tokyo",
    "extra_float_digits": "-3",
    "bytea_output": "escape",
    "lc_monetary": "POSIX",
    "lc_numeric": "POSIX",
    "lc_time": "POSIX",
    "row_security": "on",
    "jit": "on",
    "jit_above_cost": "0",
    "idle_session_timeout": "200ms",
    "statement_timeout": "200ms",
    "lock_timeout": "10ms",
    "idle_in_transaction_session_timeout": "10ms",
}
# Planted by a user who may create in public. Of functions, the one that fits best is called.
PLANTED = """
    CREATE TABLE public.seen (value text);
    CREATE FUNCTION public.btrim(value varchar, characters text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.seen VALUES (value);
        RETURN pg_catalog.btrim(value::text, characters);
    END $$;
    CREATE FUNCTION public.set_config(name text, value text, is_local boolean) RETURNS text
    LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.seen VALUES (value);
        RETURN pg_catalog.set_config(name, value, is_local);
    END $$;
    CREATE TABLE public.visit (visit_id integer);
    CREATE TABLE public.pair (row_id text);
    CREATE TABLE public.chunk_row (row_id text);
    CREATE TABLE public.conflict_deleted_key (key integer);
    CREATE DOMAIN public.text AS pg_catalog.text CHECK (false)
"""


def set_defaults(database: Postgres, defaults: dict[str, str]) -> None:
    with database.session("administrator") as session:
        for name, value in defaults.items():
            statement = sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(database.conninfo["dbname"]),
                sql.Identifier(name),
                sql.SQL(value) if name in {"search_path", "DateStyle"} else sql.Literal(value),
            )
            session.conn.execute(statement)


def test_defaults_of_the_database_change_no_result(
    sample: Postgres, one_piece: dict[int, dict[str, Any]]
) -> None:
    set_defaults(sample, DEFAULTS)

    process_cycle(sample, MANY_CHUNKS)

    assert conflict_rows(sample) == one_piece


def test_functions_and_tables_of_public_are_not_used(
    sample: Postgres, one_piece: dict[int, dict[str, Any]]
) -> None:
    with psycopg.connect(**sample.conninfo, autocommit=True) as conn:
        conn.execute(PLANTED)
    set_defaults(sample, {"search_path": "public, pg_catalog"})

    process_cycle(sample, MANY_CHUNKS)

    assert conflict_rows(sample) == one_piece
    with sample.session("look") as session:
        assert session.conn.execute("SELECT * FROM public.seen").fetchall() == []


@pytest.fixture
def server_log(server: Conninfo) -> Path:
    """The log of the embedded server."""
    if "TEST_POSTGRES_CONNINFO" in os.environ:
        pytest.skip("the log of that server is not here")
    return Path(server["host"]) / "server.log"


def test_the_log_of_a_server_that_logs_every_statement_holds_no_private_value(
    sample: Postgres, server_log: Path
) -> None:
    private = private_values(sample)
    set_defaults(sample, {"log_min_duration_statement": "0", "log_parameter_max_length": "-1"})
    before = server_log.stat().st_size

    for mode in ("full", "incremental"):
        cycle = process_cycle(sample, replace(MANY_CHUNKS, mode=mode))
        with sample.session("test") as session:
            assert list(checks.evaluate_all(session, cycle, checks.plan_checks() + checks.step_checks()))
            compute(session, cycle, sample.settings)

    logged = server_log.read_bytes()[before:]
    assert b"INSERT INTO chunk_row" in logged
    assert [value for value in private if value in logged] == []


@pytest.mark.parametrize("table", ["analytics.dimprovider", "conflict.conflictvisitmaps"])
def test_a_policy_that_hides_rows_stops_a_cycle_and_says_what_to_do(
    server_roles: None, database: Postgres, environment: Callable[..., Postgres], table: str
) -> None:
    with database.session("owner") as session:
        apply_schema(session, loads=False)
        three_rows(session)
        session.conn.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY".encode())
        session.conn.execute(f"CREATE POLICY half ON {table} USING (false)".encode())
    worker = environment(database.conninfo["dbname"], POSTGRES_USER=WORKER, POSTGRES_PASSWORD=ROLE_PASSWORD)

    with pytest.raises((psycopg.Error, PipelineError)) as error, worker.session("worker") as session:
        do(worker, *start_cycle(session).partition_keys)

    message = describe(error.value)
    assert f'row-level security policy for table "{table.partition(".")[2]}". The pipeline needs' in message
    with database.session("owner") as session:
        session.conn.execute(f"ALTER ROLE {WORKER} BYPASSRLS".encode())
    with worker.session("worker") as session:
        assert [result.outcome for result in do(worker, *start_cycle(session).partition_keys)] == [
            "completed"
        ] * 3
