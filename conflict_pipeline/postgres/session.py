"""Sessions on Postgres: connected, bound to the two schemas, and with the settings every session needs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import dagster as dg
import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from conflict_pipeline import statements
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import connection_errors, embedded, iam_tokens
from conflict_pipeline.settings import Settings, load_settings

Connection = psycopg.Connection[DictRow]
# Postgres cuts application_name here.
_LONGEST_NAME = 63
_MADE: WeakKeyDictionary[Connection, dict[str, Any]] = WeakKeyDictionary()
T = TypeVar("T")


class Session:
    """One connection in autocommit mode, and the statements of sql/ by name.

    `transaction()` makes several statements one. Rows are dictionaries. Statements know the schemas as
    `{conflict}` and `{analytics}`; further identifiers or fragments are passed as `parts`.
    """

    def __init__(self, conn: Connection, schema_names: Mapping[str, str]) -> None:
        self.conn = conn
        self.schema_names = schema_names
        self.schemas = {role: sql.Identifier(name) for role, name in schema_names.items()}
        self.transaction = conn.transaction

    def statement(self, name: str, **parts: sql.Composable) -> sql.Composed:
        return statements.compose(name, {**self.schemas, **parts})

    def execute(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> psycopg.Cursor[DictRow]:
        # Without values psycopg leaves percent signs alone; statements are written for bound values.
        return self.conn.execute(self.statement(name, **parts), values or {})

    def rows(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> list[DictRow]:
        return self.execute(name, values, **parts).fetchall()

    def row(self, name: str, values: Mapping[str, Any] | None = None) -> DictRow | None:
        return self.execute(name, values).fetchone()

    def one(self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable) -> DictRow:
        """The only row of a statement that always returns one."""
        row = self.execute(name, values, **parts).fetchone()
        if row is None:
            raise LookupError(f"sql/{name}.sql returned no row")
        return row

    def stream(self, name: str, values: Mapping[str, Any], size: int = 10_000) -> Iterator[DictRow]:
        """The rows through a server-side cursor, `size` at a time; inside a transaction only."""
        with self.conn.cursor(name="stream") as cursor:
            cursor.itersize = size
            yield from cursor.execute(self.statement(name), values)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for each connection, which may serve several sessions."""
        known = _MADE.setdefault(self.conn, {})
        if name not in known:
            known[name] = make()
        made: T = known[name]
        return made

    def describe_work(self, text: str) -> None:
        """Show `text` as application_name, for whoever looks at pg_stat_activity."""
        self.conn.execute("SELECT set_config('application_name', %s, false)", [_application_name(text)])


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


class PostgresResource(dg.ConfigurableResource[Postgres]):
    """The Postgres that the environment names (POSTGRES_HOST, …), or else the embedded server."""

    # Without fields, so that no host, user or password can end up in run config or in Dagster's storage.

    def database(self) -> Postgres:
        return open_postgres()


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


def _application_name(text: str) -> str:
    return f"conflict_pipeline {text}"[:_LONGEST_NAME]
