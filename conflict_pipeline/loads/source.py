"""A table in Snowflake as the source of a load, read as Arrow tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.slices import Slice, group_dates
from conflict_pipeline.postgres import tables
from conflict_pipeline.snowflake.session import SnowflakeSession

UPDATED = "Updated Datatimestamp"
VISIT_DATE = "Visit Date"


class SourceTable:
    """Snowflake's counterpart of `table`; columns that only Snowflake has are not read.

    Names of the table and its columns match in any case. Raises PipelineError if the table does not exist,
    may not be read, or lacks columns.
    """

    def __init__(self, session: SnowflakeSession, table: tables.Table) -> None:
        self._session = session
        self._table = table
        self._name, self._columns = _stored_names(session, table)
        self._parts = {
            "table": sql.Identifier(self._name),
            "columns": sql.SQL(", ").join(
                sql.SQL("{} AS {}").format(
                    sql.Identifier(self._columns[column.name]), sql.Identifier(column.name)
                )
                for column in table.columns
            ),
        }

    def rows(self) -> Iterator[pa.Table]:
        """Yield all rows."""
        return self._session.batches("loads/select_rows", None, **self._parts)

    def changed_rows(self, lower: datetime) -> Iterator[pa.Table]:
        """Yield the rows that changed at `lower` or later, and those without a time of change."""
        return self._session.batches(
            "loads/select_changed_rows",
            {"lower": lower.isoformat()},
            updated=self._column(UPDATED),
            **self._parts,
        )

    def rows_in(self, part: Slice) -> Iterator[pa.Table]:
        """Yield the rows of a slice."""
        values = {"from_date": part.from_date, "to_date": part.to_date, "undated": part.undated}
        return self._session.batches(
            "loads/select_rows_of_dates", values, date=self._column(VISIT_DATE), **self._parts
        )

    def moved_keys(self, lower: datetime, other: "SourceTable") -> Iterator[pa.Table]:
        """Yield keys that `other` has and this table does not, of rows that changed at `lower` or later."""
        (key,) = self._table.primary_key
        return self._session.batches(
            "loads/select_moved_keys",
            {"lower": lower.isoformat()},
            table=sql.Identifier(self._name),
            other=sql.Identifier(other._name),  # noqa: SLF001
            key=self._column(key),
            key_name=sql.Identifier(key),
            other_key=other._column(key),  # noqa: SLF001
            updated=other._column(UPDATED),  # noqa: SLF001
        )

    def slices(self, max_rows: int) -> list[Slice]:
        """Return slices that together hold every row, as group_dates makes them."""
        counts = self._session.rows(
            "loads/count_rows_by_date",
            None,
            table=sql.Identifier(self._name),
            date=self._column(VISIT_DATE),
        )
        return group_dates(((row["day"], row["row_count"]) for row in counts), max_rows)

    def now(self) -> datetime:
        """Return the time on Snowflake's clock."""
        microseconds = int(self._session.one("loads/select_now")["microseconds"])
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)

    def _column(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._columns[name])


def _stored_names(session: SnowflakeSession, table: tables.Table) -> tuple[str, dict[str, str]]:
    """Return the table's name in Snowflake, and for each of its columns the name in Snowflake."""
    rows = session.rows("loads/select_columns", {"schema": session.source_schema, "table": table.name})
    if not rows:
        raise PipelineError(
            f"Snowflake has no table {table.name} in {session.source_name}, or the role may not read it. "
            "Check SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
        )
    name = rows[0]["table_name"]
    found = [row["column_name"] for row in rows if row["table_name"] == name]
    # An exact match takes precedence over one in another case.
    by_name = {column.lower(): column for column in found} | {column: column for column in found}
    columns = {
        column.name: by_name.get(column.name, by_name.get(column.name.lower(), ""))
        for column in table.columns
    }
    missing = [f'"{column}"' for column, stored in columns.items() if not stored]
    if missing:
        raise PipelineError(
            f"Snowflake's table {table.name} lacks {', '.join(missing)}. Nothing was changed. Add the "
            "missing columns in Snowflake, to the table or to its view."
        )
    return str(name), columns
