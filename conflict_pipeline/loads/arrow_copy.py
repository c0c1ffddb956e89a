"""Copies Arrow tables into Postgres by binary COPY, with every value unchanged.

pgpq encodes the rows because it was the fastest of the libraries that were measured, with 300,000 visits of
43 columns on two cores: 204,000 to 311,000 rows/s, compared with 184,000 to 188,000 for ADBC's Postgres
driver, 103,000 to 147,000 for Arrow's CSV writer, 143,000 to 153,000 for psql's \\copy of a CSV file, and
23,000 for psycopg's binary COPY. All of them wrote the same rows. pgpq also uses psycopg's connection, so the
rows belong to its transaction.
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
from conflict_pipeline.loads.time_zones import cast_temporal
from conflict_pipeline.postgres.session import Session

# Rows that are encoded at once, about 10 MB.
_BATCH_ROWS = 20_000
# The decimal digits of a 64-bit integer, and those of Snowflake's largest number.
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
class TargetColumn:
    """A column to fill; `type_name` is spelled as by Postgres's format_type."""

    name: str
    type_name: str
    in_key: bool


@dataclass(frozen=True)
class CopyResult:
    """The rows that were copied, and the bytes that were sent to Postgres for them."""

    rows: int
    bytes: int


class ArrowCopy:
    """Copies Arrow tables into the columns `targets` of tables in Postgres.

    `table_name` is used in messages. `time_zone` applies where only one of source and column has a time zone.
    Raises PipelineError for a column type that loads do not support.
    """

    def __init__(self, table_name: str, targets: Sequence[TargetColumn], time_zone: str) -> None:
        self._table_name = table_name
        self._targets = targets
        self._zone = ZoneInfo(time_zone)
        self._schema = pa.schema([(target.name, self._arrow_type(target)) for target in targets])

    def copy(
        self,
        session: Session,
        into: sql.Composable,
        tables: Iterable[pa.Table],
        on_batch: Callable[[int, int], None],
    ) -> CopyResult:
        """Append all rows; call `on_batch` with the rows and bytes of each batch.

        One table and one encoded batch are in memory at a time. Raises PipelineError, which names table,
        column and key, for a value that Postgres would refuse or change.
        """
        encoder = pgpq.ArrowToPostgresBinaryEncoder(self._schema)
        names = sql.SQL(", ").join(sql.Identifier(target.name) for target in self._targets)
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(into, names)
        rows = written = 0
        with session.conn.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(encoder.write_header())
            for table in tables:
                for source in table.to_batches(max_chunksize=_BATCH_ROWS):
                    batch = self._convert(source)
                    encoded = encoder.write_batch(batch)
                    copy.write(encoded)
                    rows += len(batch)
                    written += len(encoded)
                    on_batch(len(batch), len(encoded))
            # The encoder has held small batches back.
            encoded = encoder.finish()
            copy.write(encoded)
            on_batch(0, len(encoded))
        written += len(encoded)
        return CopyResult(rows, written)

    def _convert(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the columns in the order and with the types of the targets; refuse what would change.

        Floating-point numbers are the exception: they are rounded to the decimals of their column.
        """
        columns = []
        for target, field in zip(self._targets, self._schema, strict=True):
            values = batch.column(target.name)
            try:
                converted = self._cast(values, field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise self._conversion_error(batch, target, values, field.type) from None
            self._require_storable(batch, target, converted)
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
            return cast_temporal(values, wanted, self._zone)
        if pa.types.is_decimal(wanted) and pa.types.is_integer(found):
            return values.cast(pa.decimal256(_INTEGER_DIGITS + wanted.scale, wanted.scale)).cast(wanted)
        return values.cast(wanted)

    def _require_storable(self, batch: pa.RecordBatch, target: TargetColumn, values: pa.Array) -> None:
        if target.in_key and values.null_count:
            raise PipelineError(
                f"{self._table_name}: a row has no {target.name}, which is part of the key. Nothing was "
                "changed."
            )
        if not pa.types.is_string(values.type):
            return
        has_nul = pc.match_substring(values, "\0")
        if pc.any(has_nul).as_py():
            problem = "contains a NUL character, which Postgres cannot store"
            raise self._value_error(batch, target, has_nul, problem)
        max_length = _max_length(target.type_name)
        if max_length is not None:
            is_too_long = pc.greater(pc.utf8_length(values), max_length)
            if pc.any(is_too_long).as_py():
                raise self._value_error(batch, target, is_too_long, f"is longer than {target.type_name}")

    def _conversion_error(
        self, batch: pa.RecordBatch, target: TargetColumn, values: pa.Array, wanted: pa.DataType
    ) -> PipelineError:
        """Return the error for the first value that cannot be cast, found by casting each one alone.

        That is slow, but happens once, when the load fails.
        """
        if _same_kind(values.type, wanted):
            for index in range(len(values)):
                try:
                    self._cast(values[index : index + 1], wanted)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                    mask = pa.array([row == index for row in range(len(values))])
                    return self._value_error(batch, target, mask, f"does not fit into {target.type_name}")
        return PipelineError(
            f"{self._table_name}: column {target.name} is {values.type} in Snowflake, which cannot be "
            f"converted to {target.type_name} without changing values."
        )

    def _value_error(
        self, batch: pa.RecordBatch, target: TargetColumn, mask: pa.Array, problem: str
    ) -> PipelineError:
        """Return the error for the first row in the mask; it contains the key but not the value."""
        row = batch.filter(mask).slice(0, 1)
        key = ", ".join(
            f"{column.name} {_on_one_line(row.column(column.name)[0].as_py())}"
            for column in self._targets
            if column.in_key
        )
        return PipelineError(
            f"{self._table_name}: the value of column {target.name} in the row with {key or 'no key'} "
            f"{problem}. Nothing was changed. Correct it in Snowflake and load again."
        )

    def _arrow_type(self, target: TargetColumn) -> pa.DataType:
        sized = _SIZED.fullmatch(target.type_name)
        if sized and sized["name"] == "numeric" and int(sized["size"]) <= _MAX_DIGITS:
            return pa.decimal128(int(sized["size"]), int(sized["scale"] or 0))
        found = _TYPES.get(sized["name"] if sized and sized["name"] != "numeric" else target.type_name)
        if found is None:
            raise PipelineError(
                f"{self._table_name}: column {target.name} is of type {target.type_name}, which loads do "
                "not support."
            )
        return found


def _on_one_line(value: object) -> str:
    return str(value).encode("unicode_escape").decode()


def _max_length(type_name: str) -> int | None:
    sized = _SIZED.fullmatch(type_name)
    return int(sized["size"]) if sized and sized["name"] == "character varying" else None


def _same_kind(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether both types are numbers, both dates or timestamps, both texts, or both booleans."""
    kinds: tuple[Callable[[pa.DataType], bool], ...] = (
        lambda kind: pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind),
        lambda kind: pa.types.is_timestamp(kind) or pa.types.is_date(kind),
        lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.types.is_boolean,
    )
    return any(kind(found) and kind(wanted) for kind in kinds)
