"""A session on Postgres: one connection, and the statements of sql/ by name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from conflict_pipeline import statements

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


def _application_name(text: str) -> str:
    return f"conflict_pipeline {text}"[:_LONGEST_NAME]


# Opens a session for one attempt, for use in any thread.
SessionFactory = Callable[[], AbstractContextManager[Session]]
