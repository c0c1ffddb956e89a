"""Sessions on Snowflake: what the real connector sends and reads."""

import re
from pathlib import Path

import pytest
from psycopg import sql

from conflict_pipeline.defs.resources import SnowflakeResource
from conflict_pipeline.errors import PipelineError
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


def test_a_session_reads_rows_and_knows_its_source(source: SnowflakeSession) -> None:
    assert re.fullmatch(r"\d+(\.\d+)+", source.one("loads/select_version")["version"])
    assert (source.source_name, source.source_schema) == ("ANALYTICS.BI", "BI")
    assert source.conn.account == "EMULATOR"


def test_rows_arrive_in_batches_and_no_rows_in_none(source: SnowflakeSession) -> None:
    assert len(list(batches(source))) > 1
    assert numbers(source) == list(range(ROWS))
    assert list(batches(source, "NOTHING")) == []


def test_values_are_bound_and_names_quoted(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    name = 'Only "mine"'
    emulator.execute("ANALYTICS", "BI", f"CREATE TABLE {sql.Identifier(name).as_string()} (N INTEGER)")

    rows = source.rows("loads/select_columns", {"schema": "BI", "table": name})

    assert [row["column_name"] for row in rows] == ["N"]
    assert source.rows("loads/select_columns", {"schema": "BI", "table": "x' OR '1' = '1"}) == []
    assert [source.can_read(each) for each in (name, "numbers", "NOTHING", "unknown")] == [True] * 3 + [False]
    with pytest.raises(PipelineError, match="Snowflake has no"):
        source.one("loads/select_one_row", None, table=sql.Identifier("unknown"))


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
def test_names_are_folded_as_in_snowflake(name: str, stored: str) -> None:
    assert folded(name) == stored


@pytest.mark.parametrize("place", ["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA"])
def test_names_of_database_and_schema_may_be_quoted(
    emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE NUMBERS AS SELECT 1 AS N")
    name = {"SNOWFLAKE_DATABASE": "analytics", "SNOWFLAKE_SCHEMA": "bi"}[place]

    for spelling in (name, name.upper(), f'"{name.upper()}"'):
        with configure(monkeypatch, **{place: spelling}).session("test") as session:
            assert numbers(session) == [1]


def test_the_log_in_names_user_place_and_query_tag_and_sets_timeouts(
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


def test_without_a_role_snowflake_uses_the_users_default(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    log_in(snowflake)

    assert "roleName" not in answering.places[0]


def test_no_cloud_metadata_service_is_asked(snowflake: Snowflake) -> None:
    with snowflake.session("test") as session:
        assert session.conn.platform_detection_timeout_seconds == 0


def test_a_session_ends_with_its_block(snowflake: Snowflake, answering: AnsweringSnowflake) -> None:
    with snowflake.session("test") as session:
        assert not session.conn.is_closed()

    assert session.conn.is_closed()
    assert answering.closed == 1


def test_a_session_ends_with_its_block_after_an_error(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    with pytest.raises(ZeroDivisionError), snowflake.session("test"):
        raise ZeroDivisionError

    assert answering.closed == 1


def test_an_error_in_closing_a_session_is_ignored(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    with snowflake.session("test"):
        answering.refuse_queries("390114", "08001", "Authentication token has expired.")


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    database = {"POSTGRES_HOST": "db", "POSTGRES_DATABASE": "report", "POSTGRES_USER": "me"}
    snowflake = configure(monkeypatch, **database, SNOWFLAKE_USER="a_user")

    assert str(refusal(lambda: log_in(snowflake))) == (
        "Snowflake cannot be reached without SNOWFLAKE_ACCOUNT, SNOWFLAKE_WAREHOUSE, SNOWFLAKE_PASSWORD or "
        "SNOWFLAKE_PRIVATE_KEY. See .env.example."
    )


def test_a_local_process_uses_one_emulator_and_keeps_its_data(tmp_path: Path) -> None:
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


def test_the_resource_has_no_field_that_dagster_could_store(snowflake: Snowflake) -> None:
    resource = SnowflakeResource()

    assert resource.model_dump() == {}
    assert resource.account().settings == snowflake.settings
