"""The configured database: how sessions connect to it, and with which settings."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import connection_errors, embedded, iam_tokens
from conflict_pipeline.postgres.session import Connection, Session, SessionFactory
from conflict_pipeline.settings import Settings, load_settings

# What the statements of sql/ and psycopg rely on, regardless of what is set for the database or the role.
_FIXED_SETTINGS = {
    "application_name": "conflict_pipeline",
    # Only pg_catalog and temporary tables are found without a schema. Otherwise functions and tables that
    # another user has created in public would take the place of those that are meant.
    "search_path": "",
    # A policy that hides rows is an error, because a result that lacks rows would be wrong.
    "row_security": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    # Texts, dates and numbers must look the same on every server.
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    # The session of a job has nothing to do while the chunks are running in others.
    "idle_session_timeout": "0",
    # Compiling these wide statements takes longer than running them.
    "jit": "off",
    # Lets the server notice a dead client during a statement, and release its locks.
    "client_connection_check_interval": "5s",
}
_HAS_TRANSACTION_TIMEOUT = 170000


class Postgres:
    """The configured database. Each session has its own connection; a pool shares some between threads."""

    def __init__(self, settings: Settings, conninfo: Mapping[str, Any]) -> None:
        self.settings = settings
        self.conninfo = conninfo
        self.schema_names = {
            "conflict": settings.postgres_conflict_schema,
            "analytics": settings.postgres_analytics_schema,
        }

    @contextmanager
    def session(self, work: str) -> Iterator[Session]:
        """Open a session whose application_name is `work`; raises PipelineError if the server refuses it."""
        with ExitStack() as connections:

            def connect() -> Connection:
                conn = connections.enter_context(self._connect())
                Session(conn, self.schema_names).describe_work(work)
                return conn

            yield Session(connect(), self.schema_names, connect)

    @contextmanager
    def pool(self, size: int) -> Iterator[SessionFactory]:
        """Open a pool and yield a factory of its sessions, for up to `size` threads at once."""
        with ConnectionPool(
            kwargs=self._parameters,
            connection_class=Connection,
            min_size=0,
            max_size=size,
            configure=self._configure,
            reset=_release_locks,
            timeout=self.settings.postgres_connect_timeout_seconds,
            name="chunks",
        ) as pool:

            @contextmanager
            def pooled_session() -> Iterator[Session]:
                with pool.connection() as conn:
                    yield Session(conn, self.schema_names)

            yield pooled_session

    def as_dagster(self) -> "Postgres":
        """Return the same database for the user who owns Dagster's records, if the settings name one."""
        user, password = self.settings.dagster_postgres_user, self.settings.dagster_postgres_password
        if user is None:
            return self
        return Postgres(self.settings, {**self.conninfo, "user": user, "password": _reveal(password)})

    def new_token(self) -> str:
        """Return an IAM token for one new connection."""
        return iam_tokens.new_token(*(self.conninfo[name] for name in ("host", "port", "user")))

    def _parameters(self) -> dict[str, Any]:
        parameters = {**self.conninfo, "autocommit": True, "row_factory": dict_row}
        if self.settings.postgres_iam_authentication:
            parameters["password"] = self.new_token()
        return parameters

    def _connect(self) -> Connection:
        try:
            conn = Connection.connect(**self._parameters())
        except psycopg.OperationalError as error:
            raise connection_errors.explain(self.settings, self.conninfo, error) from None
        try:
            self._configure(conn)
        except BaseException:
            conn.close()
            raise
        return conn

    def _configure(self, conn: Connection) -> None:
        settings = self.settings
        values = {
            **_FIXED_SETTINGS,
            "TimeZone": settings.report_timezone,
            "statement_timeout": f"{settings.postgres_statement_timeout_seconds}s",
            "lock_timeout": f"{settings.postgres_lock_timeout_seconds}s",
            "idle_in_transaction_session_timeout": (
                f"{settings.postgres_idle_in_transaction_timeout_seconds}s"
            ),
        }
        if conn.info.server_version >= _HAS_TRANSACTION_TIMEOUT:
            values["transaction_timeout"] = "0"
        # Qualified names, because the search path is still the one that is set for the database or the role.
        row = conn.execute(
            "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.set_config(name, setting, false)"
            " FROM pg_catalog.jsonb_each_text(%s) AS wanted (name, setting)",
            [Jsonb(values)],
        ).fetchone()
        assert row is not None
        if row["pid"] != conn.info.backend_pid:
            raise PipelineError(
                "The connection goes through a pooler, which can lose the session locks that claim chunks. "
                "Point POSTGRES_HOST and POSTGRES_PORT at the server itself."
            )


def open_postgres(*, create: bool = False) -> Postgres:
    """Return the configured database, or the embedded one where POSTGRES_HOST is unset.

    Starts the embedded server for the life of this process. Raises PipelineError where its folder holds no
    database, unless `create` allows to create one.
    """
    settings = load_settings()
    if settings.postgres_host is None:
        server = embedded.EmbeddedPostgres(settings.embedded_postgres_folder)
        if not (create or server.has_data()):
            raise PipelineError(
                f"POSTGRES_HOST is not set, and {server.folder} holds no embedded database. Set POSTGRES_HOST"
                " to use your own server, or create an embedded one: conflict-pipeline demo (or dev)."
            )
        _start_once(settings)
        return Postgres(settings, _conninfo(settings, server.host, embedded.USER))
    return Postgres(settings, _conninfo(settings, settings.postgres_host, str(settings.postgres_user)))


@cache
def _start_once(settings: Settings) -> embedded.EmbeddedPostgres:
    # The cache keeps the object, which owns the server, for the life of this process.
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
        # A network that has stopped is noticed after a minute, also while a statement is running.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _release_locks(conn: Connection) -> None:
    conn.execute("SELECT pg_advisory_unlock_all()")
