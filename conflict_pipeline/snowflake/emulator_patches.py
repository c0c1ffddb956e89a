"""Where fakesnow shows Snowflake's connector something else than Snowflake would, and what is put there.

Used by the emulator only, which puts the corrections in when it starts and takes them out when it stops.
"""

import logging
import warnings
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import fakesnow.server as server
import pyarrow as pa
import pyarrow.compute as pc
from fakesnow import arrow, transforms
from fakesnow.rowtype import ColumnInfo
from sqlglot import exp

# Account, user, password, role and warehouse are all called this.
NAME = "EMULATOR"
# Rows that come with the answer to a query.
INLINE_ROWS = 1_000

# Of the request that a task answers: the result that it found, and why it failed.
answer: ContextVar["Result | None"] = ContextVar("answer", default=None)
failure: ContextVar[BaseException | None] = ContextVar("failure", default=None)


@dataclass
class Result:
    """A result as DuckDB gave it, and the first rows of the chunks that nobody has fetched yet."""

    table: Any
    rowtype: list[ColumnInfo]
    unread: set[int] = field(default_factory=set)

    def encode(self, first: int, rows: int) -> bytes:
        part = self.table.slice(first, rows)
        columns = [_as_small_integers(column.combine_chunks()) for column in part.columns]
        part = pa.Table.from_arrays(columns, names=part.column_names)
        encoded: bytes = arrow.to_ipc(arrow.to_sf(part, self.rowtype)).to_pybytes()
        return encoded


def _first_rows(result: Result) -> bytes:
    answer.set(result)
    return result.encode(0, INLINE_ROWS)


def _as_small_integers(column: Any) -> Any:
    """A NUMBER as Snowflake sends it: unscaled, in the smallest integers that hold the chunk's values."""
    if pa.types.is_decimal(column.type):
        whole = pa.decimal128(38, 0)
        unscaled = pa.Array.from_buffers(whole, len(column), column.buffers(), offset=column.offset)
        try:
            column = unscaled.cast(pa.int64())
        except pa.ArrowInvalid:
            return column
    if pa.types.is_signed_integer(column.type):
        for smaller in (pa.int8(), pa.int16(), pa.int32()):
            with suppress(pa.ArrowInvalid):
                return column.cast(smaller)
    return column


def _timestamp_struct(column: Any) -> Any:
    """Seconds, nanoseconds and zone; fakesnow's own turns NULL into 1970 and reckons in floating point."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    ticks = array.cast(pa.int64()).fill_null(0)
    # Division truncates; before 1970 a second begins at the next lower number.
    seconds = pc.divide(ticks, per_second)
    seconds = pc.subtract(seconds, pc.less(ticks, pc.multiply(seconds, per_second)).cast(pa.int64()))
    rest = pc.subtract(ticks, pc.multiply(seconds, per_second))
    parts = {"epoch": seconds, "fraction": pc.multiply(rest, 10**9 // per_second).cast(pa.int32())}
    if array.type.tz:
        # Minutes, of which 1440 are an offset of none.
        parts["timezone"] = pa.repeat(pa.scalar(1440, pa.int32()), len(array))
    fields = [pa.field(name, part.type, nullable=False) for name, part in parts.items()]
    return pa.StructArray.from_arrays(list(parts.values()), fields=fields, mask=array.is_null())


def _context_function(expression: exp.Expr) -> exp.Expr:
    """CURRENT_VERSION() as fakesnow has it, and those functions that DuckDB lacks or answers for itself."""
    if isinstance(expression, (exp.CurrentAccount, exp.CurrentRole, exp.CurrentUser, exp.CurrentWarehouse)):
        return exp.Literal.string(NAME)
    return _fakesnow_current_version(expression)


def _exact_number(expression: exp.Expr) -> exp.Expr:
    """NUMBER(38, 0) with its 38 digits, where fakesnow makes it a BIGINT; that is left to INT and its kin."""
    if isinstance(expression, exp.DataType) and expression.this == exp.DataType.Type.DECIMAL:
        return expression if expression.expressions else exp.DataType.build("DECIMAL(38, 0)")
    return _fakesnow_integer_precision(expression)


def _unchanged(expression: exp.Expr) -> exp.Expr:
    return expression


class _RememberFailure(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            failure.set(record.exc_info[1])


class NoResults(dict[str, tuple[Any, ...]]):
    """fakesnow keeps every result for ever, for RESULT_SCAN."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        pass


_fakesnow_current_version = transforms.current_version
_fakesnow_integer_precision = transforms.integer_precision
# fakesnow's own logger prints every statement.
_logger = logging.getLogger(__name__)
_logger.setLevel(logging.ERROR)
_logger.propagate = False
_logger.addHandler(_RememberFailure())
PATCHES: Sequence[tuple[Any, str, Any]] = (
    (server, "to_sf", Result),
    (server, "to_ipc", _first_rows),
    (server, "logger", _logger),
    (arrow, "timestamp_to_sf_struct", _timestamp_struct),
    (transforms, "current_version", _context_function),
    (transforms, "integer_precision", _exact_number),
    # A sum of NUMBERs is one, to the last digit; fakesnow adds up floating-point numbers.
    (transforms, "numeric_agg_implicit_cast", _unchanged),
    # It reports what it cannot translate with certainty.
    (logging.getLogger("sqlglot"), "disabled", True),
)


def ignore_arrow_warning() -> None:
    # fakesnow takes DuckDB's results in the way that DuckDB warns of. Said anew each time, because filters
    # are of the whole process and whoever runs it may have restored others.
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
