"""The table in either system: hashes of ranges of IDs, and the rows of ranges, always sorted by ID."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from psycopg import sql
from psycopg.rows import tuple_row

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.columns import TABLE, Columns
from conflict_pipeline.parity.dialects import POSTGRES, SNOWFLAKE, Dialect, row_text, value
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.session import SnowflakeSession, folded

# Number of IDs in a range, and in the smaller ranges (leaves) that differing ranges are divided into.
RANGE_WIDTH = 10_000
LEAF_WIDTH = 100
# Number of rows in memory at a time; each may have 246 values.
_ROWS_PER_BATCH = 1_000

# The ID, and the texts of the compared columns in their order.
Row = tuple[int, tuple[str | None, ...]]


class Count(NamedTuple):
    """The number of rows in the range of IDs that begins at `start`."""

    start: int
    rows: int


class Range(NamedTuple):
    """The number of rows in a range, and their hash."""

    start: int
    rows: int
    hash: str


class Side(Protocol):
    """One of the two systems."""

    def counts(self) -> Iterator[Count]:
        """Yield the count of every range that holds rows."""

    def ranges(self, starts: Sequence[int]) -> Iterator[Range]:
        """Yield the ranges that begin at `starts`."""

    def leaves(self, starts: Sequence[int]) -> Iterator[Range]:
        """Yield the leaves of the ranges that begin at `starts`."""

    def rows(self, starts: Sequence[int], *, only_ids: bool = False) -> Iterator[Row]:
        """Yield the rows of the leaves that begin at `starts`; without any value if `only_ids`."""


class _SqlSide(ABC):
    """A side that runs SQL; its statements have the same names, values and results in both systems."""

    def __init__(self, columns: Columns, dialect: Dialect) -> None:
        self._columns = columns
        self._dialect = dialect
        self._row_text = row_text(dialect, columns)

    def counts(self) -> Iterator[Count]:
        return _counts(self._stream("select_ranges", {"width": RANGE_WIDTH}))

    def ranges(self, starts: Sequence[int]) -> Iterator[Range]:
        return self._hashes(RANGE_WIDTH, starts)

    def leaves(self, starts: Sequence[int]) -> Iterator[Range]:
        return self._hashes(LEAF_WIDTH, starts)

    def rows(self, starts: Sequence[int], *, only_ids: bool = False) -> Iterator[Row]:
        values = {"width": LEAF_WIDTH, "starts": list(starts), **_bounds(starts, LEAF_WIDTH)}
        texts = _texts(self._dialect, self._columns, only_ids=only_ids)
        return _rows(self._stream("select_rows_within", values, texts=texts))

    def _hashes(self, width: int, starts: Sequence[int]) -> Iterator[Range]:
        values = {"width": width, "outer_width": RANGE_WIDTH, "outer_starts": list(starts)}
        values |= _bounds(starts, RANGE_WIDTH)
        return _ranges(self._stream("select_hashes_within", values, row_text=self._row_text))

    @abstractmethod
    def _stream(
        self, name: str, bound: Mapping[str, Any], **parts: sql.Composable
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of the statement one by one."""


class PostgresSide(_SqlSide):
    """The table in Postgres, read through server-side cursors, which need a transaction."""

    def __init__(self, session: Session, columns: Columns) -> None:
        super().__init__(columns, POSTGRES)
        self._session = session

    def _stream(
        self, name: str, bound: Mapping[str, Any], **parts: sql.Composable
    ) -> Iterator[tuple[Any, ...]]:
        statement = self._session.statement(f"parity/postgres/{name}", **parts)
        with self._session.conn.cursor(name, row_factory=tuple_row) as cursor:
            cursor.itersize = _ROWS_PER_BATCH
            yield from cursor.execute(statement, bound)


class SnowflakeSide(_SqlSide):
    """The table in Snowflake."""

    def __init__(self, session: SnowflakeSession, columns: Columns, settings: Settings) -> None:
        super().__init__(columns, SNOWFLAKE)
        self._session = session
        self._parts: dict[str, sql.Composable] = {
            "table": sql.Identifier(*_place(settings), TABLE.upper()),
            "id": sql.Identifier(columns.key.snowflake_name),
        }

    def _stream(
        self, name: str, bound: Mapping[str, Any], **parts: sql.Composable
    ) -> Iterator[tuple[Any, ...]]:
        for table in self._session.batches(f"parity/snowflake/{name}", bound, **self._parts, **parts):
            for batch in table.to_batches(max_chunksize=_ROWS_PER_BATCH):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def snowflake_column_names(session: SnowflakeSession, settings: Settings) -> list[str]:
    """Return the column names of the table in Snowflake; raise PipelineError if it does not exist."""
    database, schema_name = _place(settings)
    values = {"schema": schema_name, "table": TABLE.upper()}
    catalog = sql.Identifier(database, "INFORMATION_SCHEMA")
    rows = session.rows("parity/snowflake/select_columns", values, catalog=catalog)
    if not rows:
        raise PipelineError(
            f"Snowflake has no table {database}.{schema_name}.{TABLE.upper()}, or the role may not read it. "
            "Check SNOWFLAKE_CONFLICT_DATABASE, SNOWFLAKE_CONFLICT_SCHEMA and SNOWFLAKE_ROLE."
        )
    return [row["column_name"] for row in rows]


def _place(settings: Settings) -> tuple[str, str]:
    return folded(settings.snowflake_conflict_database), folded(settings.snowflake_conflict_schema)


def _bounds(starts: Sequence[int], width: int) -> dict[str, int]:
    return {"lowest": min(starts), "highest": max(starts) + width - 1}


def _texts(dialect: Dialect, columns: Columns, *, only_ids: bool) -> sql.Composed:
    wanted = (columns.key,) if only_ids else (columns.key, *columns.compared)
    # The suffix is needed because ORDER BY would otherwise sort by the text of the ID.
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(value(dialect, column), sql.Identifier(f"{column.name}_text"))
        for column in wanted
    )


def _counts(rows: Iterator[tuple[Any, ...]]) -> Iterator[Count]:
    for start, count in rows:
        if start is None:
            raise PipelineError(f"{TABLE} in Snowflake has rows without an ID: they cannot be compared.")
        yield Count(int(start), int(count))


def _ranges(rows: Iterator[tuple[Any, ...]]) -> Iterator[Range]:
    return (Range(int(start), int(count), text) for start, count, text in rows)


def _rows(rows: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    return ((int(row[0]), row[1:]) for row in rows)
