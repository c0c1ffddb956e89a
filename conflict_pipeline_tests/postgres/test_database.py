from collections.abc import Callable

import psycopg
import pytest

from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, pair, settings

SECRET = "do-not-show-me"


def refusal(database: Postgres) -> PipelineError:
    """Why there is no session on the database; nothing that could hold a secret is chained to it."""
    with pytest.raises(PipelineError) as error, database.session("test"):
        pass
    assert error.value.__suppress_context__
    assert SECRET not in str(error.value)
    return error.value


def setting(session: Session, name: str) -> str:
    row = session.conn.execute("SELECT current_setting(%s) AS value", [name]).fetchone()
    assert row is not None
    return str(row["value"])


def test_a_database_that_is_not_there_is_named(environment: Callable[..., Postgres]) -> None:
    message = str(refusal(environment("not_there")))

    assert message.endswith("has no database not_there. Check POSTGRES_DATABASE.")


def test_a_wrong_password_is_the_users_or_the_passwords_fault(environment: Callable[..., Postgres]) -> None:
    # The one user whom the tests' server asks for a password.
    message = str(refusal(environment("postgres", POSTGRES_USER="locked", POSTGRES_PASSWORD=SECRET)))

    assert message.endswith("refused user locked. Check POSTGRES_USER and POSTGRES_PASSWORD.")


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param("", id="no such user"),
        pytest.param("CREATE ROLE test_stranger", id="may not log in"),
        pytest.param(
            "CREATE ROLE test_stranger LOGIN; REVOKE CONNECT ON DATABASE {} FROM PUBLIC", id="may not connect"
        ),
    ],
)
def test_a_user_whom_the_server_refuses_is_named(
    server_lock: None,
    database: Postgres,
    session: Session,
    environment: Callable[..., Postgres],
    statements: str,
) -> None:
    name = database.conninfo["dbname"]
    session.conn.execute(statements.format(name).encode())

    error = refusal(environment(name, POSTGRES_USER="test_stranger"))

    session.conn.execute("DROP ROLE IF EXISTS test_stranger")
    assert "test_stranger" in str(error)
    assert "POSTGRES_USER" in str(error)
    assert not isinstance(error, UnreachableError)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param({"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": "1"}, id="no server at this port"),
        pytest.param({"POSTGRES_HOST": "no-such-host.invalid"}, id="no such host"),
        pytest.param({"POSTGRES_HOST": "/no/such/folder"}, id="no such socket"),
    ],
)
def test_a_server_that_does_not_answer_is_named(
    environment: Callable[..., Postgres], place: dict[str, str]
) -> None:
    error = refusal(environment("postgres", **place))

    assert isinstance(error, UnreachableError)
    assert place["POSTGRES_HOST"] in str(error)
    assert "Check POSTGRES_HOST and POSTGRES_PORT." in str(error)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_every_session_has_the_report_time_zone(
    database: Postgres, environment: Callable[..., Postgres], zone: str
) -> None:
    same = environment(database.conninfo["dbname"], REPORT_TIMEZONE=zone)

    with same.session("test") as session, same.pool(1) as lend, lend() as pooled:
        assert (setting(session, "TimeZone"), setting(pooled, "TimeZone")) == (zone, zone)


def test_every_session_has_the_timeouts_of_the_settings(
    database: Postgres, environment: Callable[..., Postgres]
) -> None:
    same = environment(
        database.conninfo["dbname"],
        POSTGRES_STATEMENT_TIMEOUT_SECONDS="7",
        POSTGRES_LOCK_TIMEOUT_SECONDS="8",
        POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_SECONDS="9",
    )

    with same.session("test") as session:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        assert [setting(session, name) for name in names] == ["7s", "8s", "9s"]


def test_what_the_servers_defaults_say_of_dates_does_not_matter(database: Postgres) -> None:
    name = psycopg.sql.Identifier(database.conninfo["dbname"])
    with database.session("test") as session:
        for value in ("DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Tokyo'"):
            statement = psycopg.sql.SQL("ALTER DATABASE {} SET " + value)
            session.conn.execute(statement.format(name))

    with database.session("test") as session:
        assert (setting(session, "DateStyle"), setting(session, "TimeZone")) == ("ISO, MDY", "UTC")


def test_a_session_says_what_it_works_on_and_long_texts_are_cut(session: Session) -> None:
    before = setting(session, "application_name")

    session.describe_work("c20260302t010203_0001 " + "r" * 99)

    assert before == "conflict_pipeline test"
    assert setting(session, "application_name").startswith("conflict_pipeline c20260302t010203_0001 rrr")
    assert len(setting(session, "application_name")) == 63


def test_a_session_commits_each_statement_and_a_transaction_all_or_nothing(
    database: Postgres, session: Session
) -> None:
    def break_off() -> None:
        with session.transaction():
            pair(session, 2)
            raise ZeroDivisionError

    pair(session, 1)
    with pytest.raises(ZeroDivisionError):
        break_off()

    with database.session("other") as other:
        rows = other.conn.execute('SELECT "ID" FROM conflict.conflictvisitmaps').fetchall()
    assert rows == [{"ID": 1}]


def test_a_session_ends_with_its_block(database: Postgres) -> None:
    with database.session("test") as session:
        pass

    assert session.conn.closed


def test_statements_of_sql_are_called_by_name_with_values_and_parts(session: Session) -> None:
    settings(session, ID=1)

    assert session.one("cycles/count_settings") == {"rows": 1}
    assert session.row("cycles/select_cycle") is None
    assert session.rows("cycles/select_chunks", {"cycle_id": 0}) == []
    with pytest.raises(LookupError, match="cycles/select_cycle"):
        session.one("cycles/select_cycle")


def test_rows_can_be_streamed_within_a_transaction(session: Session) -> None:
    for number in (1, 2, 3):
        pair(session, number, SSN=f"90000000{number}")
    window = {"window_start": "2026-01-01", "window_end": "2026-12-31"}

    with session.transaction():
        ssns = [row["ssn"] for row in session.stream("cycles/select_keys", window, size=1)]

    assert ssns == ["900000001", "900000002", "900000003"]


def test_a_pool_lends_as_many_sessions_as_it_has_and_takes_them_back(database: Postgres) -> None:
    with database.pool(2) as lend:
        with lend() as first, lend() as second:
            pids = {first.conn.info.backend_pid, second.conn.info.backend_pid}
        with lend() as again:
            assert again.conn.info.backend_pid in pids

    assert len(pids) == 2


def test_a_session_that_comes_back_to_the_pool_holds_no_lock(database: Postgres) -> None:
    held = """SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    with database.pool(1) as lend:
        with lend() as session:
            session.conn.execute("SELECT pg_advisory_lock(1)")
        with lend() as session:
            assert session.conn.execute(held).fetchone() == {"locks": 0}


def test_a_session_whose_connection_broke_is_replaced(database: Postgres, session: Session) -> None:
    def break_off() -> None:
        with lend() as broken:
            session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [broken.conn.info.backend_pid])
            broken.conn.execute("SELECT 1")

    with database.pool(1) as lend:
        with pytest.raises(psycopg.OperationalError):
            break_off()
        with lend() as fresh:
            assert fresh.conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_the_resource_has_nothing_that_dagster_could_store(database: Postgres) -> None:
    resource = PostgresResource()

    assert resource.model_dump() == {}
    assert resource.database().conninfo["dbname"] == database.conninfo["dbname"]


def test_a_chunks_range_is_in_no_message_of_psycopg(session: Session) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable) as error:
        session.conn.execute("SELECT FROM unknown WHERE ssn = %s", [SSN])

    assert SSN not in str(error.value)
