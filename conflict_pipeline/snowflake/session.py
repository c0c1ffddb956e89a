"""A session on Snowflake: one connection that runs statements of sql/loads/ and sql/parity/ by name.

Statements are composed with psycopg.sql, because Snowflake quotes identifiers as Postgres does and its
connector marks bound values as psycopg does.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from psycopg import sql

from conflict_pipeline import statements
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.errors import as_pipeline_errors

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_UNQUOTED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


class SnowflakeSession:
    """Runs statements on one connection; all methods raise PipelineError for the connector's errors.

    In every statement `{source}` is the schema of the analytics tables and `{information_schema}` the
    information schema of its database. Other identifiers and fragments are passed as `parts`.
    """

    def __init__(self, conn: "SnowflakeConnection", settings: Settings) -> None:
        self.conn = conn
        database = folded(settings.snowflake_database)
        self.source_schema = folded(settings.snowflake_schema)
        self.source_name = f"{database}.{self.source_schema}"
        self._names = {
            "source": sql.Identifier(database, self.source_schema),
            "information_schema": sql.Identifier(database, "INFORMATION_SCHEMA"),
        }

    def statement(self, name: str, **parts: sql.Composable) -> str:
        """Return the text of the statement, with its identifiers and without its values."""
        return statements.load(name).format(**self._names, **parts).as_string()

    def rows(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> list[dict[str, Any]]:
        """Return all rows as dictionaries, with column names in lower case."""
        from snowflake.connector import DictCursor  # noqa: PLC0415

        with as_pipeline_errors(), self.conn.cursor(DictCursor) as cursor:
            # Without any value the connector would not unescape "%%", which statements are written with.
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            return [{key.lower(): value for key, value in row.items()} for row in cursor]

    def one(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> dict[str, Any]:
        """Return the row of a statement that always has exactly one."""
        (row,) = self.rows(name, values, **parts)
        return row

    def batches(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> Iterator[pa.Table]:
        """Yield the rows as they arrive, some ten thousand at a time; without rows, yield no table.

        Timestamps are in microseconds, the precision of Postgres, because nanoseconds do not reach the years
        1 and 9999.
        """
        with as_pipeline_errors(), self.conn.cursor() as cursor:
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            yield from cursor.fetch_arrow_batches(force_microsecond_precision=True)

    def can_read(self, table_name: str) -> bool:
        """Return whether the role sees the table; read from it, which needs a running warehouse."""
        rows = self.rows("loads/select_columns", {"schema": self.source_schema, "table": table_name})
        if not rows:
            return False
        self.one("loads/select_one_row", None, table=sql.Identifier(rows[0]["table_name"]))
        return True


def folded(name: str) -> str:
    """Return the name as Snowflake stores it: in upper case, or unchanged if it is in double quotes."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1]
    return name.upper() if _UNQUOTED_NAME.fullmatch(name) else name
