"""The configured database: who connects to it, how, and with which settings of a session."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import connection_errors, embedded, iam_tokens
from conflict_pipeline.postgres.session import Connection, Session
from conflict_pipeline.settings import Settings, load_settings


class Postgres:
    """The configured database. Each session has its own connection; `pool` shares some between threads."""

    def __init__(self, settings: Settings, conninfo: Mapping[str, Any]) -> None:
        self.settings = settings
        self.conninfo = conninfo
        self.schema_names = {
            "conflict": settings.postgres_conflict_schema,
            "analytics": settings.postgres_analytics_schema,
        }

    @contextmanager
    def session(self, work: str) -> Iterator[Session]:
        """A session whose application_name is `work`; raises PipelineError if there is no way to get one."""
        try:
            conn = Connection.connect(**self._parameters())
        except psycopg.OperationalError as error:
            raise connection_errors.explain(self.settings, self.conninfo, error) from None
        with conn:
            self._configure(conn)
            session = Session(conn, self.schema_names)
            session.describe_work(work)
            yield session

    @contextmanager
    def pool(self, size: int) -> Iterator[Callable[[], Any]]:
        """A function that lends a session, for use in up to `size` threads at once."""
        with ConnectionPool(
            kwargs=self._parameters,
            connection_class=Connection,
            min_size=0,
            max_size=size,
            configure=self._configure,
            reset=_unlock,
            timeout=self.settings.postgres_connect_timeout_seconds,
            name="chunks",
        ) as pool:

            @contextmanager
            def lend() -> Iterator[Session]:
                with pool.connection() as conn:
                    yield Session(conn, self.schema_names)

            yield lend

    def as_dagster(self) -> "Postgres":
        """The same database as the user who owns Dagster's records; without one of its own, the same user."""
        user, password = self.settings.dagster_postgres_user, self.settings.dagster_postgres_password
        if user is None:
            return self
        return Postgres(self.settings, {**self.conninfo, "user": user, "password": _reveal(password)})

    def new_token(self) -> str:
        """Of IAM, for one connection."""
        return iam_tokens.new_token(*(self.conninfo[name] for name in ("host", "port", "user")))

    def _parameters(self) -> dict[str, Any]:
        """Of one new connection."""
        parameters = {**self.conninfo, "autocommit": True, "row_factory": dict_row}
        if self.settings.postgres_iam_authentication:
            parameters["password"] = self.new_token()
        return parameters

    def _configure(self, conn: Connection) -> None:
        settings = self.settings
        values = {
            "TimeZone": settings.report_timezone,
            "application_name": "conflict_pipeline",
            "statement_timeout": f"{settings.postgres_statement_timeout_seconds}s",
            "lock_timeout": f"{settings.postgres_lock_timeout_seconds}s",
            "idle_in_transaction_session_timeout": (
                f"{settings.postgres_idle_in_transaction_timeout_seconds}s"
            ),
            # To compile these wide statements takes longer than to run them.
            "jit": "off",
            # So that the server notices a dead client while it is busy for it, and frees its locks.
            "client_connection_check_interval": "5s",
            # Dates and numbers as text must not depend on the server's defaults.
            "DateStyle": "ISO, MDY",
            "extra_float_digits": "1",
        }
        row = conn.execute(
            "SELECT pg_backend_pid() AS pid, set_config(name, setting, false)"
            " FROM unnest(%s::text[], %s::text[]) AS wanted (name, setting)",
            [list(values), list(values.values())],
        ).fetchone()
        assert row is not None
        if row["pid"] != conn.info.backend_pid:
            raise PipelineError(
                "The connection goes through a pooler. Chunks are claimed with session locks, which a pooler "
                "can lose: point POSTGRES_HOST and POSTGRES_PORT at the server itself."
            )


def open_postgres() -> Postgres:
    """The configured database; starts the embedded server, for the life of this process, where none is."""
    settings = load_settings()
    if settings.postgres_host is None:
        server = _embedded_server(settings)
        return Postgres(settings, _conninfo(settings, server.host, embedded.USER))
    return Postgres(settings, _conninfo(settings, settings.postgres_host, str(settings.postgres_user)))


@cache
def _embedded_server(settings: Settings) -> embedded.EmbeddedPostgres:
    server = embedded.EmbeddedPostgres(settings.embedded_postgres_folder)
    server.start()
    return server


def _conninfo(settings: Settings, host: str, user: str) -> dict[str, Any]:
    rootcert = settings.postgres_sslrootcert
    return {
        "host": host,
        "port": settings.postgres_port,
        "dbname": settings.postgres_database or embedded.DATABASE,
        "user": user,
        "password": _reveal(settings.postgres_password),
        "sslmode": settings.postgres_sslmode,
        "sslrootcert": str(rootcert) if rootcert else None,
        "connect_timeout": settings.postgres_connect_timeout_seconds,
        "keepalives_idle": 30,
    }


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _unlock(conn: Connection) -> None:
    conn.execute("SELECT pg_advisory_unlock_all()")
