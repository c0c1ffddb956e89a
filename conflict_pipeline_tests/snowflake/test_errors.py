"""Messages for what Snowflake refuses, or if it does not answer: they contain no value and no secret."""

import logging
import time

import pytest
from snowflake.connector import result_batch

from conflict_pipeline.errors import UnreachableError, describe, is_transient
from conflict_pipeline.snowflake.account import Snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.rows import SSN
from conflict_pipeline_tests.snowflake.answering_snowflake import AnsweringSnowflake, answering
from conflict_pipeline_tests.snowflake.snowflake_sessions import (
    SECRET,
    ask,
    configure,
    log_in,
    numbers,
    refusal,
    snowflake,
    source,
)

__all__ = ["answering", "snowflake", "source"]  # fixtures


@pytest.mark.parametrize("wrong", ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER"])
def test_a_wrong_user_or_password_is_named(
    emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    error = refusal(lambda: log_in(configure(monkeypatch, **{wrong: SECRET})))

    assert str(error).startswith("Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and")
    assert not isinstance(error, UnreachableError)


def test_a_role_that_the_user_may_not_take_is_named(
    snowflake: Snowflake, answering: AnsweringSnowflake
) -> None:
    answering.refuse_login(
        "390189", "Role 'A_ROLE' specified in the connect string does not exist or not authorized."
    )

    assert "Check SNOWFLAKE_ROLE" in str(refusal(lambda: log_in(snowflake)))


@pytest.mark.parametrize("code", ["000606", "090073", "090084"])
def test_a_warehouse_that_is_not_running_is_named(
    snowflake: Snowflake, answering: AnsweringSnowflake, code: str
) -> None:
    answering.refuse_queries(code, "57P03", "No active warehouse selected in the current session.")

    error = refusal(lambda: ask(snowflake))

    assert "has no running warehouse" in str(error)
    assert "SNOWFLAKE_WAREHOUSE and SNOWFLAKE_ROLE" in str(error)
    assert not isinstance(error, UnreachableError)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (
            "Object 'ANALYTICS.BI.DIMPAYER' does not exist or not authorized.",
            "Object 'ANALYTICS.BI.DIMPAYER'",
        ),
        ("Table 'DIMPAYER' does not exist or not authorized.", "Table 'DIMPAYER'"),
        ("Schema 'ANALYTICS.BI' does not exist or not authorized.", "Schema 'ANALYTICS.BI'"),
        ("Database 'ANALYTICS' does not exist or not authorized.", "Database 'ANALYTICS'"),
        ("Object does not exist, or operation cannot be performed.", "such object"),
    ],
)
def test_an_object_that_is_missing_or_may_not_be_read_is_named(
    snowflake: Snowflake, answering: AnsweringSnowflake, message: str, named: str
) -> None:
    answering.refuse_queries("002003", "02000", f"SQL compilation error:\n{message}")

    error = refusal(lambda: ask(snowflake))

    assert str(error).startswith(f"Snowflake has no {named}, or the role may not read it. Check SNOWFLAKE_")


@pytest.mark.parametrize("place", ["", "SNOWFLAKE_SCHEMA", "SNOWFLAKE_DATABASE"])
def test_a_missing_table_schema_or_database_is_an_error(
    source: SnowflakeSession, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def read() -> None:
        with configure(monkeypatch, **({place: "NOT_THERE"} if place else {})).session("test") as session:
            numbers(session, "NUMBERS" if place else "NOT_THERE")

    # The emulator says "Table with name NOT_THERE does not exist".
    assert str(refusal(read)).startswith("Snowflake has no such object, or the role may not read it.")


@pytest.mark.parametrize(
    ("code", "state", "message"),
    [
        ("100038", "22018", f"Numeric value '{SSN}' is not recognized"),
        ("100035", "22007", f"Timestamp '{SSN}' is not recognized"),
        ("001003", "42000", f"SQL compilation error:\nsyntax error line 1 at position 0 unexpected '{SSN}'."),
    ],
)
def test_a_message_that_may_hold_a_value_is_not_passed_on(
    snowflake: Snowflake, answering: AnsweringSnowflake, code: str, state: str, message: str
) -> None:
    answering.refuse_queries(code, state, message)

    error = refusal(lambda: ask(snowflake), SSN)

    assert f"ProgrammingError {code} ({state}), query 01ab-query" in str(error)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "1"}, id="no server at this port"),
        pytest.param({"SNOWFLAKE_HOST": "no-such-host.invalid"}, id="no such host"),
    ],
)
def test_a_server_that_does_not_answer_is_an_error_and_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch,
    answering: AnsweringSnowflake,
    capfd: pytest.CaptureFixture[str],
    place: dict[str, str],
) -> None:
    known = {**answering.environment(), "SNOWFLAKE_PASSWORD": SECRET}
    # As in a program without logging, where unhandled records go to standard error.
    monkeypatch.setattr(logging.root, "handlers", [])
    started = time.monotonic()

    error = refusal(lambda: log_in(configure(monkeypatch, **known | place)))

    assert time.monotonic() - started < 10
    assert isinstance(error, UnreachableError)
    assert is_transient(error)
    assert describe(error) == (
        "Snowflake does not answer. Check SNOWFLAKE_ACCOUNT (and SNOWFLAKE_HOST), and the network."
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "http_status",
    [
        403,
        404,
        503,
    ],
)
def test_a_server_that_is_not_snowflake_is_an_error(
    snowflake: Snowflake, answering: AnsweringSnowflake, http_status: int
) -> None:
    answering.fail(http_status)

    assert isinstance(refusal(lambda: log_in(snowflake)), UnreachableError)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="gone"),
        pytest.param("http://127.0.0.1:1", id="on a server that does not answer"),
    ],
)
def test_rows_that_cannot_be_downloaded_are_a_transient_error(
    snowflake: Snowflake, answering: AnsweringSnowflake, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(result_batch, "MAX_DOWNLOAD_RETRY", 1)  # instead of ten, which take a minute
    answering.send_to(f"{address or answering.url}/rows?signature={SECRET}")

    def read() -> None:
        with snowflake.session("test") as session:
            numbers(session)

    assert isinstance(refusal(read), UnreachableError)
