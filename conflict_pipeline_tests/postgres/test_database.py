"""The configured database: how connections to it fail, and the settings of its sessions and pools."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.errors import PipelineError, UnreachableError
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.server import ROLE_WITH_PASSWORD

SECRET = "do-not-show-me"


def refusal(database: Postgres) -> PipelineError:
    """The error of a session on the database; nothing that could contain a secret is chained to it."""
    with pytest.raises(PipelineError) as error, database.session("test"):
        pass
    assert error.value.__suppress_context__
    assert SECRET not in str(error.value)
    return error.value


def setting(session: Session, name: str) -> str:
    row = session.conn.execute("SELECT current_setting(%s) AS value", [name]).fetchone()
    assert row is not None
    return str(row["value"])


def test_without_a_host_and_an_embedded_database_nothing_is_created(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as error:
        open_postgres()

    assert str(error.value) == (
        f"POSTGRES_HOST is not set, and {tmp_path}/.embedded_postgres holds no embedded database. Set "
        "POSTGRES_HOST to use your own server, or create an embedded one: conflict-pipeline demo (or dev)."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_database_is_named(environment: Callable[..., Postgres]) -> None:
    message = str(refusal(environment("not_there")))

    assert message.endswith("has no database not_there. Check POSTGRES_DATABASE.")


def test_a_wrong_password_is_referred_to_user_and_password(environment: Callable[..., Postgres]) -> None:
    message = str(
        refusal(environment("postgres", POSTGRES_USER=ROLE_WITH_PASSWORD, POSTGRES_PASSWORD=SECRET))
    )

    assert message.endswith(f"refused user {ROLE_WITH_PASSWORD}. Check POSTGRES_USER and POSTGRES_PASSWORD.")


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


def test_sessions_and_pools_have_the_time_zone_and_the_timeouts_of_the_settings(
    environment: Callable[..., Postgres],
) -> None:
    database = environment(
        "postgres",
        REPORT_TIMEZONE="America/New_York",
        POSTGRES_STATEMENT_TIMEOUT_SECONDS="7",
        POSTGRES_LOCK_TIMEOUT_SECONDS="8",
        POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_SECONDS="9",
    )

    names = ("TimeZone", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with database.session("test") as session, database.pool(1) as pool, pool() as pooled:
        for either in (session, pooled):
            assert [setting(either, name) for name in names] == ["America/New_York", "7s", "8s", "9s"]


def test_defaults_of_the_database_do_not_change_dates(database: Postgres) -> None:
    name = psycopg.sql.Identifier(database.conninfo["dbname"])
    with database.session("test") as session:
        for value in ("DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Tokyo'"):
            statement = psycopg.sql.SQL("ALTER DATABASE {} SET " + value)
            session.conn.execute(statement.format(name))

    with database.session("test") as session:
        assert (setting(session, "DateStyle"), setting(session, "TimeZone")) == ("ISO, MDY", "UTC")


def test_the_longest_timeouts_are_accepted(environment: Callable[..., Postgres]) -> None:
    names = ("CONNECT", "STATEMENT", "LOCK", "IDLE_IN_TRANSACTION")
    longest = {f"POSTGRES_{name}_TIMEOUT_SECONDS": "2147483" for name in names}

    with environment("postgres", **longest).session("test") as session:
        assert setting(session, "statement_timeout") == "2147483s"


def test_a_stalled_network_ends_a_connection_within_a_minute(environment: Callable[..., Postgres]) -> None:
    with environment("postgres").session("test") as session:
        parameters = session.conn.info.get_parameters()

    assert parameters["tcp_user_timeout"] == "60000"
    assert [int(parameters[f"keepalives_{name}"]) for name in ("idle", "interval", "count")] == [30, 10, 3]


def test_a_session_ends_with_its_block(shared_database: Postgres) -> None:
    with shared_database.session("test") as session:
        assert setting(session, "application_name") == "conflict_pipeline test"

    assert session.conn.closed


def test_a_pool_reuses_its_sessions(shared_database: Postgres) -> None:
    with shared_database.pool(2) as pool:
        with pool() as first, pool() as second:
            pids = {first.conn.info.backend_pid, second.conn.info.backend_pid}
        with pool() as again:
            assert again.conn.info.backend_pid in pids

    assert len(pids) == 2


def test_a_session_that_returns_to_the_pool_holds_no_lock(shared_database: Postgres) -> None:
    held = "SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    with shared_database.pool(1) as pool:
        with pool() as session:
            session.conn.execute("SELECT pg_advisory_lock(1)")
        with pool() as session:
            assert session.conn.execute(held).fetchone() == {"locks": 0}


def test_a_pool_replaces_a_broken_session(shared_database: Postgres) -> None:
    def lose_connection() -> None:
        with pool() as broken, shared_database.session("test") as session:
            session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [broken.conn.info.backend_pid])
            broken.conn.execute("SELECT 1")

    with shared_database.pool(1) as pool:
        with pytest.raises(psycopg.OperationalError):
            lose_connection()
        with pool() as fresh:
            assert fresh.conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_the_resource_has_nothing_that_dagster_could_store(environment: Callable[..., Postgres]) -> None:
    database = environment("postgres")
    resource = PostgresResource()

    assert resource.model_dump() == {}
    assert resource.database().conninfo == database.conninfo
