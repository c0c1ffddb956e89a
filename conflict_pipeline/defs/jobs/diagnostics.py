"""Read-only jobs that check settings, connections, schema and privileges."""

import time

import dagster as dg

from conflict_pipeline.cycles import run, set_up
from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.defs.console import TO_CONSOLE
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.errors import WITHOUT_POLICIES, PipelineError
from conflict_pipeline.postgres import roles, schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings, load_settings


@dg.op
def check_postgres(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
    """Connects and reports server, user and latency; warns of missing tables."""
    with as_dagster_failures(), postgres.database().session("test_postgres") as session:
        started = time.perf_counter()
        server = session.one("schema/select_server")
        latency = time.perf_counter() - started
        context.log.info(
            f"Postgres {server['version']}, database {server['database']}, user {server['user_name']}, "
            f"time zone {server['time_zone']}, TLS {'on' if server['tls'] else 'off'}, "
            f"round trip {latency * 1000:.1f} ms."
        )
        lacking = schema.missing(session)
        if lacking:
            context.log.warning(
                f"Missing: {', '.join(lacking[:10])}{' …' if len(lacking) > 10 else ''}. "
                "Run: conflict-pipeline schema apply"
            )


@dg.op
def check_snowflake(context: dg.OpExecutionContext, snowflake: SnowflakeResource) -> None:
    """Connects and reports account, role and latency; fails if a load would find a table unreadable."""
    with as_dagster_failures(), snowflake.account().session("test_snowflake") as session:
        started = time.perf_counter()
        version = session.one("loads/select_version")["version"]
        latency = time.perf_counter() - started
        conn = session.conn
        context.log.info(
            f"Snowflake {version}, account {conn.account}, user {conn.user}, role {conn.role or '-'}, "
            f"warehouse {conn.warehouse or '-'}, round trip {latency * 1000:.0f} ms."
        )
        unreadable = [table.name for table in LOADED_TABLES if not session.can_read(table.name)]
        readable = len(LOADED_TABLES) - len(unreadable)
        context.log.info(f"{readable} of {len(LOADED_TABLES)} tables of {session.source_name} can be read.")
        if unreadable:
            raise PipelineError(
                f"Snowflake has no {', '.join(unreadable)} in {session.source_name}, or the role may not "
                "read them. Check SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
            )


@dg.op
def check_settings(context: dg.OpExecutionContext, postgres: PostgresResource) -> None:
    """Fails with the first problem that would stop a cycle."""
    with as_dagster_failures():
        settings = load_settings()
        missing = settings.missing_for_snowflake()
        expected = settings.names_snowflake or settings.loads_from_snowflake
        if missing and expected and not settings.uses_emulator:
            raise PipelineError(
                f"Snowflake is only partly configured: {', '.join(missing)} missing. See .env.example."
            )
        with postgres.database().session("validate_config") as session:
            schema.require(session)
            _check_privileges(context, session, settings)
            run.require_steps(session)
    context.log.info(
        f"Settings, schema and privileges are in order; report time zone {settings.report_timezone}; "
        f"Snowflake is {'configured' if settings.names_snowflake else 'not configured'}."
    )


def _check_privileges(context: dg.OpExecutionContext, session: Session, settings: Settings) -> None:
    loads = settings.loads_from_snowflake
    lacking = set_up.missing_privileges(session, loads=loads)
    if lacking:
        raise PipelineError(f"The database user lacks: {', '.join(lacking)}. Grant them.")
    if hiding := roles.tables_with_policies(session):
        raise PipelineError(
            f"Row-level security may hide rows from the user: {', '.join(hiding)}. {WITHOUT_POLICIES}"
        )
    if settings.is_local:
        return
    # Without DAGSTER_POSTGRES_USER this user also owns Dagster's records.
    own_schemas = [] if settings.dagster_postgres_user else [settings.dagster_postgres_schema]
    more = set_up.surplus_privileges(session, loads=loads, own_schemas=own_schemas)
    if more:
        context.log.warning(
            f"The database user has more privileges than the pipeline needs: {'; '.join(more)}. "
            f"The role {roles.WORKER} has only those: see docs/configuration.md, Roles."
        )


@dg.job(config=TO_CONSOLE, executor_def=dg.in_process_executor)
def validate_config() -> None:
    """Checks settings, connection parameters, schema and privileges. Writes nothing."""
    check_settings()


@dg.job(config=TO_CONSOLE, executor_def=dg.in_process_executor)
def test_postgres() -> None:
    """Connects to Postgres; reports version, user, latency, and missing tables."""
    check_postgres()


@dg.job(config=TO_CONSOLE, executor_def=dg.in_process_executor)
def test_snowflake() -> None:
    """Connects to Snowflake; reports account, version, role, warehouse, latency, and readable tables."""
    check_snowflake()
