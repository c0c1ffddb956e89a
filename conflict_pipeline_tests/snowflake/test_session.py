"""Sessions on Snowflake: what the real connector is told, sends and reads."""

from pathlib import Path

import pytest
from psycopg import sql

from conflict_pipeline.defs.resources import SnowflakeResource
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.account import Snowflake, local_emulator, open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession, folded
from conflict_pipeline_tests.snowflake.answering_snowflake import AnsweringSnowflake, answering
from conflict_pipeline_tests.snowflake.snowflake_sessions import (
    ROWS,
    SECRET,
    batches,
    configure,
    log_in,
    numbers,
    refusal,
    snowflake,
    source,
)

__all__ = ["answering", "snowflake", "source"]  # fixtures


def test_a_session_reads_rows_and_says_where_it_is(source: SnowflakeSession) -> None:
    assert source.one("loads/select_version")["version"]
    assert (source.source_name, source.source_schema) == ("ANALYTICS.BI", "BI")
    assert source.conn.account == "EMULATOR"


def test_many_rows_come_in_batches_and_none_in_none(source: SnowflakeSession) -> None:
    assert len(list(batches(source))) > 1
    assert numbers(source) == list(range(ROWS))
    assert list(batches(source, "NOTHING")) == []


def test_values_are_bound_and_names_quoted(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    name = 'Only "mine"'
    emulator.execute("ANALYTICS", "BI", f"CREATE TABLE {sql.Identifier(name).as_string()} (N INTEGER)")

    rows = source.rows("loads/select_columns", {"schema": "BI", "table": name})

    assert [row["column_name"] for row in rows] == ["N"]
    assert source.rows("loads/select_columns", {"schema": "BI", "table": "x' OR '1' = '1"}) == []
    assert source.can_read(name)
    assert not source.can_read("unknown")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("analytics", "ANALYTICS"),
        ("Conflict_Report$1", "CONFLICT_REPORT$1"),
        ('"Mixed Case"', "Mixed Case"),
        ('"lower"', "lower"),
        ("with space", "with space"),
        ("1st", "1st"),
        ('"', '"'),
        ('""', '""'),
    ],
)
def test_a_name_is_stored_as_snowflake_stores_it(name: str, stored: str) -> None:
    assert folded(name) == stored


@pytest.mark.parametrize("place", ["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA"])
def test_names_of_database_and_schema_may_be_quoted_or_not(
    emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE NUMBERS AS SELECT 1 AS N")
    name = {"SNOWFLAKE_DATABASE": "analytics", "SNOWFLAKE_SCHEMA": "bi"}[place]

    for spelling in (name, name.upper(), f'"{name.upper()}"'):
        with configure(monkeypatch, **{place: spelling}).session("test") as session:
            assert numbers(session) == [1]


def test_the_connector_is_told_who_asks_for_what_and_how_long_to_wait(
    answering: AnsweringSnowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "SNOWFLAKE_ROLE": "a_role",
        "SNOWFLAKE_DATABASE": "a_database",
        "SNOWFLAKE_SCHEMA": "a_schema",
        "SNOWFLAKE_PASSWORD": SECRET,
        "SNOWFLAKE_NETWORK_TIMEOUT_SECONDS": "77",
        "REPORT_TIMEZONE": "America/New_York",
    }

    log_in(configure(monkeypatch, **answering.environment(), **settings))

    (login,), (place,) = answering.logins, answering.places
    assert (login["ACCOUNT_NAME"], login["LOGIN_NAME"], login["PASSWORD"]) == ("an_account", "a_user", SECRET)
    assert place | {"request_id": ""} == {
        "request_id": "",
        "databaseName": "a_database",
        "schemaName": "a_schema",
        "warehouse": "a_warehouse",
        "roleName": "a_role",
    }
    client = login["CLIENT_ENVIRONMENT"]
    assert (client["LOGIN_TIMEOUT"], client["NETWORK_TIMEOUT"]) == (5, 77)
    parameters = login["SESSION_PARAMETERS"]
    assert parameters["QUERY_TAG"] == "conflict_pipeline test"
    assert parameters["TIMEZONE"] == "America/New_York"
    assert parameters["CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED"] is False
    assert parameters["CLIENT_SESSION_KEEP_ALIVE"] is True


def test_without_a_role_the_users_own_is_taken(snowflake: Snowflake, answering: AnsweringSnowflake) -> None:
    log_in(snowflake)

    assert "roleName" not in answering.places[0]


def test_nobody_else_is_asked_where_this_program_runs(snowflake: Snowflake) -> None:
    with snowflake.session("test") as session:
        assert session.conn.platform_detection_timeout_seconds == 0


def test_a_session_ends_with_its_block(snowflake: Snowflake, answering: AnsweringSnowflake) -> None:
    with snowflake.session("test") as session:
        assert not session.conn.is_closed()

    assert session.conn.is_closed()
    assert answering.closed == 1


def test_a_session_ends_with_its_block_also_after_an_error(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    with pytest.raises(ZeroDivisionError), snowflake.session("test"):
        raise ZeroDivisionError

    assert answering.closed == 1


def test_what_fails_at_the_end_of_a_session_is_no_error_of_the_connector(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    with snowflake.session("test"):
        answering.refuse_queries("390114", "08001", "Authentication token has expired.")


def test_without_an_account_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    database = {"POSTGRES_HOST": "db", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
    snowflake = configure(monkeypatch, **database, SNOWFLAKE_USER="a_user")

    assert str(refusal(lambda: log_in(snowflake))) == (
        "Snowflake cannot be reached without SNOWFLAKE_ACCOUNT, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_PASSWORD or "
        "SNOWFLAKE_PRIVATE_KEY. See .env.example."
    )


def test_locally_the_emulator_is_used_and_its_data_kept(tmp_path: Path) -> None:
    try:
        with open_snowflake().session("test") as session:
            assert session.conn.account == "EMULATOR"
        with open_snowflake().session("test") as session:
            assert session.one("loads/select_version")
    finally:
        folder = load_settings().snowflake_emulator_folder
        local_emulator(folder).stop()
        local_emulator.cache_clear()
    assert (tmp_path / ".snowflake_emulator").is_dir()


def test_the_resource_has_nothing_that_dagster_could_store(snowflake: Snowflake) -> None:
    resource = SnowflakeResource()

    assert resource.model_dump() == {}
    assert resource.account().settings == snowflake.settings
