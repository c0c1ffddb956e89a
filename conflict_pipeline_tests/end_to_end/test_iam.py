"""IAM tokens on a TLS server that accepts one token at a time, so that a new connection needs a new one.

A token depends on the time in seconds. The test sets the clock that signs, and the password of the role is
the token of that time: a token that was kept is refused once the clock has advanced.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import botocore.auth
import dagster as dg
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import iam_tokens
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.end_to_end.tls_server import HOST, TlsServer, tls_server

__all__ = ["tls_server"]  # fixture

pytestmark = pytest.mark.services

USER, DAGSTER = "iam_user", "iam_dagster"
Advance = Callable[[], None]


@pytest.fixture
def advance(tls_server: TlsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Advance]:
    """Advances the clock by a minute; the server then accepts the tokens of that minute only."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stub")
    iam_tokens._client.cache_clear()
    clock = [datetime(2026, 3, 2, 12, 0)]  # noqa: DTZ001 - botocore's clock is naive
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: clock[0])

    def minute_later() -> None:
        clock[0] += timedelta(minutes=1)
        with tls_server.administrator() as conn:
            for user in (USER, DAGSTER):
                token = boto3.Session().client("rds").generate_db_auth_token(HOST, tls_server.port, user)
                conn.execute(f"ALTER ROLE {user} PASSWORD '{token}'".encode())

    with tls_server.administrator() as conn:
        for user in (USER, DAGSTER):
            conn.execute(f"CREATE ROLE {user} LOGIN".encode())
        conn.execute(f"GRANT CREATE ON DATABASE postgres TO {DAGSTER}".encode())
    minute_later()
    yield minute_later
    with tls_server.administrator() as conn:
        conn.execute(f"DROP OWNED BY {DAGSTER}; DROP ROLE {USER}, {DAGSTER}".encode())
    iam_tokens._client.cache_clear()


@pytest.fixture
def database(tls_server: TlsServer, advance: Advance, monkeypatch: pytest.MonkeyPatch) -> Postgres:
    variables = tls_server.variables("postgres", USER)
    variables |= {"POSTGRES_PASSWORD": "", "POSTGRES_IAM_AUTHENTICATION": "true"}
    for name, value in {**variables, "DAGSTER_POSTGRES_USER": DAGSTER}.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    return open_postgres()


def test_each_session_has_its_own_token(database: Postgres, advance: Advance) -> None:
    for _ in range(2):
        with database.session("test") as session:
            assert session.conn.execute("SELECT current_user AS me").fetchone() == {"me": USER}
        advance()


def test_new_connections_of_a_pool_have_new_tokens(database: Postgres, advance: Advance) -> None:
    with database.pool(2) as session_factory, session_factory() as first:
        advance()
        with session_factory() as second:
            pids = {session.conn.info.backend_pid for session in (first, second)}

    assert len(pids) == 2


def test_connections_of_dagster_have_tokens_of_its_user(
    database: Postgres, advance: Advance, dagster_home: Path
) -> None:
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        for _ in range(2):
            instance.add_run(dg.DagsterRun(job_name="job"))
            advance()
        assert len(instance.get_runs()) == 2
        assert "X-Amz-Signature" not in instance.info_str()


def test_a_refused_token_is_named_as_such(database: Postgres, tls_server: TlsServer) -> None:
    with tls_server.administrator() as conn:
        conn.execute(f"ALTER ROLE {USER} PASSWORD 'another'".encode())

    with pytest.raises(PipelineError, match=f"refused the token of user {USER}") as error:
        database.session("test").__enter__()

    assert "X-Amz-Signature" not in str(error.value)
