"""The jobs that look and write nothing: what they say when all is well, and when something is missing."""

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pytest

from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
from conflict_pipeline.postgres.roles import WORKER
from conflict_pipeline.postgres.seed import insert_defaults
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.dagster_runs import failure, run
from conflict_pipeline_tests.rows import clear, settings

SNOWFLAKE = {
    "SNOWFLAKE_ACCOUNT": "an_account",
    "SNOWFLAKE_USER": "a_user",
    "SNOWFLAKE_WAREHOUSE": "a_warehouse",
    "SNOWFLAKE_PASSWORD": "do-not-show-me",
}
Printed = pytest.CaptureFixture[str]


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()


def test_good_settings_are_confirmed(session: Session, instance: dg.DagsterInstance, capsys: Printed) -> None:
    insert_defaults(session)

    result = run(instance, "validate_config")

    printed = capsys.readouterr().err
    assert result.success
    assert "Settings, schema and privileges are in order; report time zone UTC" in printed
    assert "Snowflake is not configured." in printed


@pytest.mark.parametrize("job", ["validate_config", "test_snowflake"])
def test_a_half_configured_snowflake_is_named_with_what_it_lacks(
    database: Postgres, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    configure(monkeypatch, SNOWFLAKE_ACCOUNT="an_account", SNOWFLAKE_PASSWORD="do-not-show-me")

    message = failure(run(instance, job))

    assert "SNOWFLAKE_USER, SNOWFLAKE_WAREHOUSE" in message
    assert "SNOWFLAKE_ACCOUNT" not in message
    assert "SNOWFLAKE_PASSWORD" not in message


def test_a_schema_that_is_missing_is_named_with_how_to_create_it(
    empty_database: Postgres, instance: dg.DagsterInstance
) -> None:
    assert "conflict-pipeline schema apply" in failure(run(instance, "validate_config"))


@pytest.mark.parametrize("rows", [0, 2])
def test_settings_rows_are_counted(session: Session, instance: dg.DagsterInstance, rows: int) -> None:
    clear(session, "settings")
    for number in range(rows):
        settings(session, ID=number)

    assert f"exactly one row, it holds {rows}" in failure(run(instance, "validate_config"))


def test_privileges_that_the_user_lacks_are_named(
    database: Postgres,
    session: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
) -> None:
    session.conn.execute(
        """CREATE ROLE test_reader LOGIN PASSWORD 'test';
        GRANT USAGE ON SCHEMA conflict, analytics TO test_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA conflict, analytics TO test_reader"""
    )
    environment(database.conninfo["dbname"], POSTGRES_USER="test_reader", POSTGRES_PASSWORD="test")

    result = run(instance, "validate_config")

    session.conn.execute("DROP OWNED BY test_reader; DROP ROLE test_reader")
    message = failure(result)
    assert message.startswith("The database user lacks: ")
    assert 'UPDATE on "conflict"."conflictvisitmaps"' in message


def test_a_user_who_may_do_more_than_needed_is_warned_of(
    session: Session, instance: dg.DagsterInstance, capsys: Printed
) -> None:
    insert_defaults(session)

    result = run(instance, "validate_config")

    printed = capsys.readouterr().err
    assert result.success
    assert "has more privileges than the pipeline needs: it is a superuser. The role" in printed


def test_the_worker_is_not_warned_of_also_where_dagsters_records_are_its_own(
    server_roles: None,
    session: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
    capsys: Printed,
) -> None:
    insert_defaults(session)
    apply_schema(session, loads=False)
    session.conn.execute(f"CREATE SCHEMA dagster AUTHORIZATION {WORKER}".encode())
    name = str(session.conn.info.dbname)
    worker = {"POSTGRES_USER": WORKER, "POSTGRES_PASSWORD": ROLE_PASSWORD}

    environment(name, **worker)
    assert run(instance, "validate_config").success
    assert "more privileges" not in capsys.readouterr().err

    environment(name, **worker, DAGSTER_POSTGRES_USER="another")
    assert run(instance, "validate_config").success
    assert 'than the pipeline needs: CREATE on SCHEMA "dagster". The' in capsys.readouterr().err


def test_tables_whose_policies_hide_rows_from_the_user_are_named(
    server_roles: None,
    session: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
) -> None:
    settings(session)
    apply_schema(session, loads=False)
    session.conn.execute("ALTER TABLE analytics.dimprovider ENABLE ROW LEVEL SECURITY")
    environment(str(session.conn.info.dbname), POSTGRES_USER=WORKER, POSTGRES_PASSWORD=ROLE_PASSWORD)

    message = failure(run(instance, "validate_config"))

    assert 'may hide rows from the user: "analytics"."dimprovider". The pipeline needs' in message


def test_the_embedded_servers_superuser_is_not_warned_of(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    with TemporaryDirectory(prefix="conflict_pipeline_") as folder:
        configure(monkeypatch, EMBEDDED_POSTGRES_FOLDER=folder, LOAD_FROM_SNOWFLAKE="false")
        server = EmbeddedPostgres(Path(folder), {"fsync": "off"})
        server.start()
        with open_postgres().session("test") as session:
            apply_schema(session, loads=False)
            insert_defaults(session)

        result = run(instance, "validate_config")
        server.stop()

    assert result.success
    assert "more privileges" not in capsys.readouterr().err


@pytest.mark.parametrize("job", ["validate_config", "test_postgres"])
def test_wrong_settings_are_all_named_and_no_value_is_shown(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    configure(monkeypatch, POSTGRES_PASSWORD="do-not-show-me", REPORT_TIMEZONE="Mars/Olympus")

    message = failure(run(instance, job))

    assert "POSTGRES_HOST, POSTGRES_DATABASE, POSTGRES_USER missing" in message
    assert "REPORT_TIMEZONE is not an IANA time zone" in message
    assert "do-not-show-me" not in message


def test_a_connection_is_described(database: Postgres, instance: dg.DagsterInstance, capsys: Printed) -> None:
    result = run(instance, "test_postgres")

    printed = capsys.readouterr().err
    assert result.success
    for text in (
        "Postgres ",
        f"database {database.conninfo['dbname']}",
        "time zone UTC",
        "TLS ",
        "round trip",
    ):
        assert text in printed
    assert "Missing" not in printed


def test_a_connection_to_a_database_without_the_schema_is_described_with_what_is_missing(
    empty_database: Postgres, instance: dg.DagsterInstance, capsys: Printed
) -> None:
    result = run(instance, "test_postgres")

    printed = capsys.readouterr().err
    assert result.success
    assert "Missing: " in printed
    assert "Run: conflict-pipeline schema apply" in printed


def test_a_server_that_does_not_answer_is_named(
    environment: Callable[..., Postgres], instance: dg.DagsterInstance
) -> None:
    environment("postgres", POSTGRES_HOST="127.0.0.1", POSTGRES_PORT="1")

    message = failure(run(instance, "test_postgres"))

    assert message == "Postgres at 127.0.0.1:1 does not answer. Check POSTGRES_HOST and POSTGRES_PORT."


def test_without_any_setting_for_snowflake_all_that_is_needed_is_named(
    database: Postgres, instance: dg.DagsterInstance
) -> None:
    message = failure(run(instance, "test_snowflake"))

    for name in SNOWFLAKE:
        assert name in message


def test_settings_for_snowflake_are_confirmed_and_no_secret_is_shown(
    session: Session, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    insert_defaults(session)
    configure(monkeypatch, **SNOWFLAKE)

    result = run(instance, "validate_config")

    printed = capsys.readouterr().err
    assert result.success
    assert "Snowflake is configured." in printed
    assert "do-not-show-me" not in printed


def test_loads_without_settings_for_snowflake_are_named_with_what_they_lack(
    session: Session, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_defaults(session)
    configure(monkeypatch, LOAD_FROM_SNOWFLAKE="true")

    message = failure(run(instance, "validate_config"))

    for name in SNOWFLAKE:
        assert name in message


@pytest.fixture
def readable(session: Session, emulator: SnowflakeEmulator) -> SnowflakeEmulator:
    """A Snowflake with all of the analytics tables."""
    for table in LOADED_TABLES:
        emulator.fill(session, table)
    return emulator


def test_a_connection_to_snowflake_is_described_with_what_can_be_read(
    readable: SnowflakeEmulator, instance: dg.DagsterInstance, capsys: Printed
) -> None:
    result = run(instance, "test_snowflake")

    printed = capsys.readouterr().err
    assert result.success
    assert re.search(
        r"Snowflake [\d.]+, account EMULATOR, user EMULATOR, role \S+, warehouse \S+, round trip \d+ ms\.",
        printed,
    )
    assert f"{len(LOADED_TABLES)} of {len(LOADED_TABLES)} tables of ANALYTICS.BI can be read." in printed


def test_tables_that_cannot_be_read_are_named_in_one_message(
    readable: SnowflakeEmulator, instance: dg.DagsterInstance, capsys: Printed
) -> None:
    for name in ("DIMPAYER", "FACTVISITCALLPERFORMANCE_CR"):
        readable.execute("ANALYTICS", "BI", f"DROP TABLE {name}")

    message = failure(run(instance, "test_snowflake"))

    assert message == (
        "Snowflake has no dimpayer, factvisitcallperformance_cr in ANALYTICS.BI, or the role may not read "
        "them. Check SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
    )
    readable_tables = len(LOADED_TABLES) - 2
    assert f"{readable_tables} of {len(LOADED_TABLES)} tables" in capsys.readouterr().err


def test_a_wrong_password_for_snowflake_is_named(
    database: Postgres,
    emulator: SnowflakeEmulator,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Printed,
) -> None:
    configure(monkeypatch, SNOWFLAKE_PASSWORD="do-not-show-me")

    message = failure(run(instance, "test_snowflake"))

    assert message.startswith("Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and")
    assert "do-not-show-me" not in capsys.readouterr().err


def test_a_snowflake_that_does_not_answer_is_named(
    database: Postgres, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, **SNOWFLAKE, SNOWFLAKE_HOST="127.0.0.1", SNOWFLAKE_PORT="1")

    assert failure(run(instance, "test_snowflake")).startswith("Snowflake does not answer.")
