import re
from collections.abc import Callable
from decimal import Decimal

import dagster as dg
import psycopg
import pytest

from conflict_pipeline.cycles.chunk_keys import partition_key
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.errors import (
    PipelineError,
    UndoneChunksError,
    UnreachableError,
    describe,
    is_transient,
)
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, insert, pair, provider

NAME = "Doe, Jane"


def caught(work: Callable[[], object]) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as error:
        work()
    return error.value


def failing(session: Session, statement: str, *values: object) -> psycopg.Error:
    return caught(lambda: session.conn.execute(statement.encode(), values or None))


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        pytest.param("SELECT %s::numeric", "InvalidTextRepresentation", id="no number"),
        pytest.param("SELECT %s::date", "InvalidDatetimeFormat", id="no date"),
        pytest.param("SELECT %s::varchar::jsonb", "InvalidTextRepresentation", id="no JSON"),
        pytest.param("SELECT 1 / (length(%s) - 10)", "DivisionByZero", id="division"),
    ],
)
def test_a_message_that_may_hold_a_value_is_not_passed_on(
    session: Session, statement: str, name: str
) -> None:
    error = failing(session, statement, f"{SSN}x")

    assert describe(error).startswith(name)
    assert SSN not in describe(error)
    assert "server's log" in describe(error)


def test_a_message_of_a_function_is_not_passed_on(session: Session) -> None:
    error = failing(session, "DO $$ BEGIN RAISE EXCEPTION '900000001' USING DETAIL = '900000001'; END $$")

    assert describe(error).startswith("RaiseException [P0001];")
    assert SSN not in describe(error)


def test_a_row_that_is_there_already_is_named_by_table_and_constraint(session: Session) -> None:
    provider(session, NAME)

    error = caught(lambda: provider(session, NAME))

    assert NAME in str(error)  # what describe has to hide
    assert NAME not in describe(error)
    assert "table dimprovider, constraint dimprovider_pkey" in describe(error)


def test_a_row_that_a_constraint_refuses_is_not_shown(session: Session) -> None:
    session.conn.execute("""ALTER TABLE conflict.conflictvisitmaps ADD CHECK ("SSN" <> '900000001')""")

    error = caught(lambda: pair(session))

    assert SSN in str(error)
    assert SSN not in describe(error)
    assert "CheckViolation [23514] (table conflictvisitmaps, constraint" in describe(error)


def test_a_missing_value_is_named_by_its_column(session: Session) -> None:
    error = caught(lambda: insert(session, "dimprovider", **{"Provider Name": NAME}))

    assert "column Provider Id" in describe(error)
    assert NAME not in describe(error)


def test_a_text_that_is_too_long_is_not_shown(session: Session) -> None:
    error = caught(lambda: insert(session, "dimuser", **{"User Id": NAME * 20}))

    assert "StringDataRightTruncation [22001]" in describe(error)
    assert NAME not in describe(error)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("SELECT * FROM conflict.unknown", 'relation "conflict.unknown" does not exist'),
        ('SELECT "x" FROM conflict.settings', 'column "x" does not exist'),
        ("SELECT pg_sleep(9)", "canceling statement due to statement timeout"),
    ],
)
def test_a_message_about_objects_or_sessions_is_passed_on(
    session: Session, statement: str, text: str
) -> None:
    session.conn.execute("SET statement_timeout = '20ms'")

    assert text in describe(failing(session, statement))


def test_a_lost_connection_is_described_and_transient(database: Postgres, session: Session) -> None:
    with database.session("killer") as killer:
        killer.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [session.conn.info.backend_pid])
    errors = [failing(session, "SELECT 1"), failing(session, "SELECT 1")]
    session.conn.close()

    assert [is_transient(error) for error in errors] == [True, True]
    assert "connection" in describe(errors[0])
    assert "the connection to Postgres was lost" in describe(errors[1])


def test_a_lock_timeout_is_transient(database: Postgres, session: Session) -> None:
    with database.session("holder") as holder, holder.transaction():
        holder.conn.execute("LOCK TABLE conflict.settings")
        session.conn.execute("SET lock_timeout = '20ms'")

        error = failing(session, "SELECT * FROM conflict.settings")

    assert is_transient(error)
    assert describe(error) == "LockNotAvailable [55P03]: canceling statement due to lock timeout"


def test_a_conflict_of_two_transactions_is_transient(database: Postgres, session: Session) -> None:
    session.conn.execute("INSERT INTO conflict.mph DEFAULT VALUES")
    change = """UPDATE conflict.mph SET "From" = 1"""
    with database.session("other") as other, session.transaction():
        session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.conn.execute("SELECT * FROM conflict.mph")
        other.conn.execute(change)

        error = caught(lambda: session.conn.execute(change))

        assert is_transient(error)
        raise psycopg.Rollback


@pytest.mark.parametrize(
    "statement", ["SELECT 1 / 0", "SELEC 1", "SELECT * FROM unknown", "SELECT pg_sleep(9)", "SELECT 'x'::int"]
)
def test_bad_data_bad_sql_and_a_timeout_are_not_transient(session: Session, statement: str) -> None:
    session.conn.execute("SET statement_timeout = '20ms'")

    assert not is_transient(failing(session, statement))


def test_a_server_that_does_not_answer_is_transient() -> None:
    error = UnreachableError("Postgres at db:5432 does not answer.")

    assert is_transient(error)
    assert describe(error) == "Postgres at db:5432 does not answer."


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        pytest.param("SELECT %(missing)s", {}, id="a value that is missing"),
        pytest.param("SELECT %(value)s", {"value": f"{SSN}\0"}, id="a text that no column can hold"),
        pytest.param("SELECT %(value)s", {"value": object()}, id="a value of no type"),
    ],
)
def test_an_error_of_the_client_is_not_a_lost_connection(
    session: Session, statement: str, values: dict[str, object]
) -> None:
    error = caught(lambda: session.conn.execute(statement.encode(), values))

    assert not is_transient(error)
    assert "connection" not in describe(error)
    assert SSN not in describe(error)


def test_an_operators_error_becomes_a_failure_with_its_message_alone() -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failures():
        raise PipelineError("Do this.")

    assert failure.value.description == "Do this."
    assert failure.value.allow_retries is False
    assert failure.value.__suppress_context__


def test_an_error_of_the_database_becomes_a_failure_without_data(session: Session) -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failures():
        session.conn.execute("SELECT %s::numeric", [f"{SSN}x"])

    assert SSN not in str(failure.value.description)
    assert failure.value.__suppress_context__


def test_any_other_error_is_reduced_to_class_and_place_and_keeps_its_stack() -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failures():
        partition_key("c1", SSN)  # type: ignore[arg-type] # a fault of ours

    message, stack = str(failure.value.description), str(failure.value.metadata["stack"].value)
    assert re.fullmatch(r"ValueError in cycles/chunk_keys\.py:\d+, a bug in conflict_pipeline; .*", message)
    assert re.search(r'chunk_keys\.py", line \d+, in partition_key', stack)
    assert failure.value.allow_retries is False
    assert failure.value.__suppress_context__


def test_the_message_of_an_error_of_a_library_is_not_passed_on() -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failures():
        Decimal(f"{SSN}x")

    assert "InvalidOperation" in str(failure.value.description)
    assert SSN not in str(failure.value.description) + str(failure.value.metadata)


def test_a_failure_stays_what_it_is() -> None:
    with pytest.raises(dg.Failure, match="said already"), as_dagster_failures():
        raise dg.Failure("said already")


def test_chunks_that_are_not_done_are_linked_to_their_runs() -> None:
    with pytest.raises(dg.Failure) as failure, as_dagster_failures():
        raise UndoneChunksError("Cycle c1 is not done.", {"c1_0001": "run"})

    assert failure.value.description == "Cycle c1 is not done."
    assert failure.value.metadata == {"c1_0001": dg.MetadataValue.dagster_run("run")}
    assert not failure.value.allow_retries


def test_of_its_context_only_functions_are_passed_on(session: Session) -> None:
    session.conn.execute(
        """CREATE FUNCTION conflict.inner_one(value text) RETURNS integer LANGUAGE plpgsql AS $$
            BEGIN RETURN value::integer; END $$;
        CREATE FUNCTION conflict.outer_one() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                EXECUTE format('SELECT conflict.inner_one(%L)', NEW."User Id");
                RETURN NEW;
            END $$;
        CREATE TRIGGER outer_one BEFORE INSERT ON analytics.dimuser
            FOR EACH ROW EXECUTE FUNCTION conflict.outer_one()"""
    )

    error = caught(lambda: insert(session, "dimuser", **{"User Id": NAME}))

    assert NAME in str(error.diag.context)
    assert NAME not in describe(error)
    assert describe(error).endswith(
        "(function conflict.inner_one line 2, function conflict.outer_one line 3)"
    )


def test_a_row_of_a_copy_is_not_taken_for_a_function(session: Session) -> None:
    def copy() -> None:
        with session.conn.cursor().copy(
            'COPY analytics.dimuser ("Application User Id") FROM STDIN'
        ) as copying:
            copying.write_row([f"\nPL/pgSQL function x{SSN}() line 1 at RAISE"])

    error = caught(copy)

    assert SSN in str(error.diag.context)
    assert SSN not in describe(error)
