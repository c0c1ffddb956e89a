"""A table in Snowflake, read as Arrow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.snowflake.session import SnowflakeSession

UPDATED = "Updated Datatimestamp"
VISIT_DATE = "Visit Date"


@dataclass(frozen=True)
class Slice:
    """Visit dates from `from_date` to `to_date`, inclusive; `undated`: and rows without a date."""

    from_date: date
    to_date: date
    undated: bool
    rows: int


class SourceTable:
    """The counterpart of `table`; columns that it has beyond the table's are not read.

    Raises PipelineError if it does not exist, may not be read, or lacks columns.
    """

    def __init__(self, session: SnowflakeSession, table: tables.Table) -> None:
        self._session = session
        self._table = table
        self._name, self._columns = _names(session, table)
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
        return self._session.batches("loads/select_rows", None, **self._parts)

    def changed_rows(self, lower: datetime) -> Iterator[pa.Table]:
        """Rows changed at `lower` or later, and those that do not say when."""
        return self._session.batches(
            "loads/select_changed_rows",
            {"lower": lower.isoformat()},
            updated=self._column(UPDATED),
            **self._parts,
        )

    def rows_of(self, part: Slice) -> Iterator[pa.Table]:
        values = {"from_date": part.from_date, "to_date": part.to_date, "undated": part.undated}
        return self._session.batches(
            "loads/select_rows_of_dates", values, date=self._column(VISIT_DATE), **self._parts
        )

    def moved_keys(self, lower: datetime, other: "SourceTable") -> Iterator[pa.Table]:
        """The keys that the `other` table has and this one has not, of rows changed at `lower` or later."""
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

    def slices(self, most_rows: int) -> list[Slice]:
        """Successive dates, together every row there is now; a date with more than `most_rows` is not cut."""
        counts = self._session.rows(
            "loads/count_rows_by_date",
            None,
            table=sql.Identifier(self._name),
            date=self._column(VISIT_DATE),
        )
        slices: list[Slice] = []
        undated = sum(row["row_count"] for row in counts if row["day"] is None)
        days = [(row["day"], row["row_count"]) for row in counts if row["day"] is not None]
        if not days and undated:
            days = [(date(1970, 1, 1), 0)]
        for day, rows in days:
            last = slices[-1] if slices else None
            if last is None:
                slices.append(Slice(day, day, undated > 0, rows + undated))
            elif last.rows + rows <= most_rows:
                slices[-1] = Slice(last.from_date, day, last.undated, last.rows + rows)
            else:
                slices.append(Slice(last.to_date + timedelta(days=1), day, undated=False, rows=rows))
        return slices

    def now(self) -> datetime:
        """Snowflake's clock."""
        microseconds = int(self._session.one("loads/select_now")["microseconds"])
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)

    def _column(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._columns[name])


def _names(session: SnowflakeSession, table: tables.Table) -> tuple[str, dict[str, str]]:
    """How Snowflake has stored the name of the table, and those of its columns."""
    rows = session.rows("loads/select_columns", {"schema": session.source_schema, "table": table.name})
    if not rows:
        raise PipelineError(
            f"Snowflake has no table {table.name} in {session.source_name}, or the role may not read it. "
            "Check SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
        )
    name = rows[0]["table_name"]
    found = [row["column_name"] for row in rows if row["table_name"] == name]
    in_any_case = {column.lower(): column for column in found} | {column: column for column in found}
    columns = {
        column.name: in_any_case.get(column.name, in_any_case.get(column.name.lower(), ""))
        for column in table.columns
    }
    missing = [f'"{column}"' for column, stored in columns.items() if not stored]
    if missing:
        raise PipelineError(
            f"Snowflake's table {table.name} lacks {', '.join(missing)}. Nothing was changed. Add what is "
            "missing there, or let its view give it."
        )
    return str(name), columns
