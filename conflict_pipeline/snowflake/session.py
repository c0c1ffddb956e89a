"""A session on Snowflake: one connection, and the statements of sql/loads/ and sql/parity/ by name.

Both databases quote identifiers alike, and Snowflake's connector binds values by the same marks as psycopg.
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

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


class SnowflakeSession:
    """One connection, and the statements of sql/snowflake/ by name.

    Statements know `{source}`, the schema of the analytics tables, and `{information_schema}`, its
    database's; further identifiers or fragments are passed as `parts`.
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
        return statements.load(name).format(**self._names, **parts).as_string()

    def rows(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> list[dict[str, Any]]:
        """All rows, as dictionaries whose names are in lower case."""
        from snowflake.connector import DictCursor  # noqa: PLC0415

        with as_pipeline_errors(), self.conn.cursor(DictCursor) as cursor:
            # Without values the connector leaves percent signs alone; statements are written for bound ones.
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            return [{key.lower(): value for key, value in row.items()} for row in cursor]

    def one(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> dict[str, Any]:
        """The only row of a statement that always returns one."""
        (row,) = self.rows(name, values, **parts)
        return row

    def batches(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: sql.Composable
    ) -> Iterator[pa.Table]:
        """The rows as they arrive, some ten thousand at a time; none at all if there are none.

        Timestamps are in microseconds, which is all that Postgres keeps: nanoseconds would not reach the
        years 1 and 9999.
        """
        with as_pipeline_errors(), self.conn.cursor() as cursor:
            cursor.execute(self.statement(name, **parts), dict(values or {"none": None}))
            yield from cursor.fetch_arrow_batches(force_microsecond_precision=True)

    def can_read(self, table_name: str) -> bool:
        """Whether the table is there for this role; needs a running warehouse, as reading does."""
        rows = self.rows("loads/select_columns", {"schema": self.source_schema, "table": table_name})
        if not rows:
            return False
        self.one("loads/select_one_row", None, table=sql.Identifier(rows[0]["table_name"]))
        return True


def folded(name: str) -> str:
    """A name as Snowflake stores it: one without quotes in upper case, one in double quotes as it is."""
    if len(name) > 2 and name[0] == name[-1] == '"':
        return name[1:-1]
    return name.upper() if _PLAIN_NAME.fullmatch(name) else name
