"""Arrow tables into Postgres: exact types, binary COPY.

Which library turns Arrow into COPY's binary format was measured, with 300,000 visits of 43 columns on two
cores: pgpq 204,000 to 311,000 rows/s, ADBC's Postgres driver 184,000 to 188,000, Arrow's CSV writer 103,000
to 147,000, psycopg's own binary COPY 23,000; psql's \\copy of a CSV file 143,000 to 153,000. All of them
wrote the same rows. pgpq also works on psycopg's connection: what it copies belongs to that transaction.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pgpq
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.time_zones import in_zone
from conflict_pipeline.postgres.session import Session

# Rows that are encoded at a time: some ten MB.
_ROWS_AT_A_TIME = 20_000
# What a 64-bit integer needs as a decimal; and what a number of Snowflake has at most.
_INTEGER_DIGITS = 20
_MAX_DIGITS = 38
_TYPES = {
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "character varying": pa.string(),
}
_SIZED = re.compile(r"(?P<name>numeric|character varying)\((?P<size>\d+)(?:,(?P<scale>\d+))?\)")


@dataclass(frozen=True)
class Target:
    """A column to be filled; `type_name` is as Postgres's format_type spells it."""

    name: str
    type_name: str
    in_key: bool


@dataclass(frozen=True)
class CopyResult:
    """What went into COPY."""

    rows: int
    bytes: int


class ArrowCopy:
    """Copies Arrow tables into the columns `targets` of Postgres tables.

    `table_name` is for messages; `time_zone` is what a timestamp without zone means where the column has one,
    and the other way round. Raises PipelineError for a type that loads do not fill.
    """

    def __init__(self, table_name: str, targets: Sequence[Target], time_zone: str) -> None:
        self._table_name = table_name
        self._targets = targets
        self._zone = ZoneInfo(time_zone)
        self._schema = pa.schema([(target.name, self._arrow_type(target)) for target in targets])

    def copy(
        self,
        session: Session,
        into: sql.Composable,
        tables: Iterable[pa.Table],
        on_rows: Callable[[int, int], None],
    ) -> CopyResult:
        """Append all rows; `on_rows` is told of the rows and bytes of each batch.

        Memory is that of one table and one encoded batch. Raises PipelineError, naming table, column and
        key, for a value that Postgres would not take or that its column would change.
        """
        encoder = pgpq.ArrowToPostgresBinaryEncoder(self._schema)
        names = sql.SQL(", ").join(sql.Identifier(target.name) for target in self._targets)
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(into, names)
        rows = written = 0
        with session.conn.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(encoder.write_header())
            for table in tables:
                for source in table.to_batches(max_chunksize=_ROWS_AT_A_TIME):
                    batch = self._converted(source)
                    encoded = encoder.write_batch(batch)
                    copy.write(encoded)
                    rows += len(batch)
                    written += len(encoded)
                    on_rows(len(batch), len(encoded))
            # It has kept small batches back until now.
            encoded = encoder.finish()
            copy.write(encoded)
            on_rows(0, len(encoded))
        written += len(encoded)
        return CopyResult(rows, written)

    def _converted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The columns in the order and types of the targets, each value the same or refused.

        But for floating-point numbers, which are no decimals: they are rounded to those of their column.
        """
        columns = []
        for target, field in zip(self._targets, self._schema, strict=True):
            values = batch.column(target.name)
            try:
                converted = self._cast(values, field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise self._unfit(batch, target, values, field.type) from None
            self._check(batch, target, converted)
            columns.append(converted)
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _cast(self, values: pa.Array, wanted: pa.DataType) -> pa.Array:
        found = values.type
        if found == wanted:
            return values
        if pa.types.is_null(found):
            return pa.nulls(len(values), wanted)
        if not _same_kind(found, wanted):
            raise pa.ArrowNotImplementedError("another kind of type")
        if pa.types.is_temporal(found):
            return in_zone(values, wanted, self._zone)
        if pa.types.is_decimal(wanted) and pa.types.is_integer(found):
            return values.cast(pa.decimal256(_INTEGER_DIGITS + wanted.scale, wanted.scale)).cast(wanted)
        return values.cast(wanted)

    def _check(self, batch: pa.RecordBatch, target: Target, values: pa.Array) -> None:
        if target.in_key and values.null_count:
            raise PipelineError(
                f"{self._table_name}: a row has no {target.name}, a part of the key. Nothing was changed."
            )
        if not pa.types.is_string(values.type):
            return
        broken = pc.match_substring(values, "\0")
        if pc.any(broken).as_py():
            raise self._refused(batch, target, broken, "holds a NUL character, which Postgres cannot store")
        size = _size(target.type_name)
        if size is not None:
            too_long = pc.greater(pc.utf8_length(values), size)
            if pc.any(too_long).as_py():
                raise self._refused(batch, target, too_long, f"is longer than {target.type_name}")

    def _unfit(
        self, batch: pa.RecordBatch, target: Target, values: pa.Array, wanted: pa.DataType
    ) -> PipelineError:
        """Which row it is, found by trying each: this happens once, at the end of a load that fails."""
        if _same_kind(values.type, wanted):
            for index in range(len(values)):
                try:
                    self._cast(values[index : index + 1], wanted)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                    mask = pa.array([row == index for row in range(len(values))])
                    return self._refused(batch, target, mask, f"does not fit into {target.type_name}")
        return PipelineError(
            f"{self._table_name}: column {target.name} comes from Snowflake as {values.type}, and cannot "
            f"become {target.type_name} without a change."
        )

    def _refused(self, batch: pa.RecordBatch, target: Target, mask: pa.Array, what: str) -> PipelineError:
        row = batch.filter(mask).slice(0, 1)
        key = ", ".join(
            f"{column.name} {_on_one_line(row.column(column.name)[0].as_py())}"
            for column in self._targets
            if column.in_key
        )
        return PipelineError(
            f"{self._table_name}: the value of column {target.name}, of the row with {key or 'no key'}, "
            f"{what}. Nothing was changed. Correct it in Snowflake, and load again."
        )

    def _arrow_type(self, target: Target) -> pa.DataType:
        sized = _SIZED.fullmatch(target.type_name)
        if sized and sized["name"] == "numeric" and int(sized["size"]) <= _MAX_DIGITS:
            return pa.decimal128(int(sized["size"]), int(sized["scale"] or 0))
        found = _TYPES.get(sized["name"] if sized and sized["name"] != "numeric" else target.type_name)
        if found is None:
            raise PipelineError(
                f"{self._table_name}: column {target.name} is of type {target.type_name}, which loads do "
                "not fill."
            )
        return found


def _on_one_line(value: object) -> str:
    return str(value).encode("unicode_escape").decode()


def _size(type_name: str) -> int | None:
    sized = _SIZED.fullmatch(type_name)
    return int(sized["size"]) if sized and sized["name"] == "character varying" else None


def _same_kind(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether values of one type can be values of the other at all: numbers, times, texts, truth values."""
    kinds: tuple[Callable[[pa.DataType], bool], ...] = (
        lambda kind: pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind),
        lambda kind: pa.types.is_timestamp(kind) or pa.types.is_date(kind),
        lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.types.is_boolean,
    )
    return any(kind(found) and kind(wanted) for kind in kinds)
