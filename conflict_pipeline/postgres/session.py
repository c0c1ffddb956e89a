"""A session on Postgres: one connection, and the statements of sql/ by name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from conflict_pipeline import statements

Connection = psycopg.Connection[DictRow]
# Postgres cuts application_name here.
_MAX_NAME_LENGTH = 63
_CACHED: WeakKeyDictionary[Connection, dict[str, Any]] = WeakKeyDictionary()
T = TypeVar("T")


class Session:
    """One connection in autocommit mode, and the statements of sql/ by name.

    `transaction()` makes several statements atomic. Rows are dictionaries. Statements name the schemas as
    `{conflict}` and `{analytics}`; further identifiers or fragments are passed as `parts`.
    """

    def __init__(
        self,
        conn: Connection,
        schema_names: Mapping[str, str],
        connect: Callable[[], Connection] | None = None,
    ) -> None:
        self.conn = conn
        self._connect = connect
        self.schema_names = schema_names
        self.schemas = {role: sql.Identifier(name) for role, name in schema_names.items()}
        self.transaction = conn.transaction

    @property
    def schema_values(self) -> dict[str, str]:
        """The names of the schemas in this database, as values `conflict_schema` and `analytics_schema`."""
        return {f"{role}_schema": name for role, name in self.schema_names.items()}

    def statement(self, name: str, **parts: sql.Composable) -> sql.Composed:
        """Return `sql/<name>.sql` with its identifiers and fragments in place."""
        return statements.compose(name, {**self.schemas, **parts})

    def execute(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> psycopg.Cursor[DictRow]:
        """Execute `sql/<name>.sql` and return its cursor."""
        with self._noting(name):
            # Without values psycopg leaves percent signs alone; statements are written for bound values.
            return self.conn.execute(self.statement(name, **parts), values or {})

    def rows(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> list[DictRow]:
        """Return every row of a statement."""
        return self.execute(name, values, **parts).fetchall()

    def row(self, name: str, values: Mapping[str, Any] | None = None) -> DictRow | None:
        """Return the first row of a statement, if there is one."""
        return self.execute(name, values).fetchone()

    def one(self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable) -> DictRow:
        """Return the only row of a statement that always returns one; raises LookupError otherwise."""
        row = self.execute(name, values, **parts).fetchone()
        if row is None:
            raise LookupError(f"sql/{name}.sql returned no row")
        return row

    def stream(self, name: str, values: Mapping[str, Any], size: int = 10_000) -> Iterator[DictRow]:
        """Yield rows through a server-side cursor, `size` at a time; works inside a transaction only."""
        with self._noting(name), self.conn.cursor(name="stream") as cursor:
            cursor.itersize = size
            yield from cursor.execute(self.statement(name), values)

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Note on an error of the server where its log has the message, for errors.describe."""
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate and not self.conn.broken:
                now = datetime.now(UTC)
                error.add_note(
                    f"{now:%Y-%m-%d %H:%M:%S} UTC, process {self.conn.info.backend_pid}, sql/{name}.sql"
                )
            raise

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return the result of `make`, called once for each connection, whose sessions share it."""
        cached = _CACHED.setdefault(self.conn, {})
        if name not in cached:
            cached[name] = make()
        result: T = cached[name]
        return result

    def reconnect_if_lost(self) -> None:
        """Replace a connection that was lost; raises PipelineError if the server refuses another one.

        Nothing of the old one is left: neither locks nor temporary tables.
        """
        if self.conn.closed and self._connect is not None:
            self.conn = self._connect()
            self.transaction = self.conn.transaction

    def use_time_zone(self, name: str) -> None:
        """Use this time zone to the end of the transaction."""
        # Not set_config, because after a query a transaction can no longer choose its isolation level.
        self.conn.execute(sql.SQL("SET LOCAL TimeZone = {}").format(sql.Literal(name)))

    def describe_work(self, text: str) -> None:
        """Show `text` in application_name, where operators find it in pg_stat_activity."""
        name = f"conflict_pipeline {text}"[:_MAX_NAME_LENGTH]
        self.conn.execute("SELECT set_config('application_name', %s, false)", [name])


# Opens a session for one attempt; may be called in any thread.
SessionFactory = Callable[[], AbstractContextManager[Session]]
