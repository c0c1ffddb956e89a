"""Patches for the places where fakesnow shows Snowflake's connector something that Snowflake would not.

Only the emulator uses them: it applies PATCHES when it starts and removes them when it stops.
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

# The name of the account, its user, password, role and warehouse.
NAME = "EMULATOR"
# Rows in the answer to a query; the client fetches the others in chunks.
INLINE_ROWS = 1_000

# The result of the query that the current request runs, or the exception that ended it.
current_result: ContextVar["Result | None"] = ContextVar("current_result", default=None)
current_failure: ContextVar[BaseException | None] = ContextVar("current_failure", default=None)


@dataclass
class Result:
    """A result as DuckDB returned it; `unread` holds the first rows of chunks that were not fetched yet."""

    table: Any
    rowtype: list[ColumnInfo]
    unread: set[int] = field(default_factory=set)

    def encode(self, first: int, rows: int) -> bytes:
        """Return these rows in the Arrow format that Snowflake sends."""
        part = self.table.slice(first, rows)
        columns = [_as_small_integers(column.combine_chunks()) for column in part.columns]
        part = pa.Table.from_arrays(columns, names=part.column_names)
        encoded: bytes = arrow.to_ipc(arrow.to_sf(part, self.rowtype)).to_pybytes()
        return encoded


class NoResults(dict[str, tuple[Any, ...]]):
    """Replaces fakesnow's results cache, which keeps every result of a process for RESULT_SCAN."""

    def __setitem__(self, key: str, value: tuple[Any, ...]) -> None:
        pass


def ignore_arrow_warning() -> None:
    """Silence DuckDB's warning about the way in which fakesnow takes its results.

    Call it before each query: filters belong to the process, and other code may have reset them.
    """
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)


def _encode_inline_rows(result: Result) -> bytes:
    current_result.set(result)
    return result.encode(0, INLINE_ROWS)


def _as_small_integers(column: Any) -> Any:
    """Return a NUMBER as Snowflake sends it: unscaled, in the smallest integers that hold the values."""
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
    """Return seconds, nanoseconds and zone; fakesnow turns NULL into 1970 and uses floating point."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    ticks = array.cast(pa.int64()).fill_null(0)
    # Division truncates, so before 1970 the second is one less.
    seconds = pc.divide(ticks, per_second)
    seconds = pc.subtract(seconds, pc.less(ticks, pc.multiply(seconds, per_second)).cast(pa.int64()))
    rest = pc.subtract(ticks, pc.multiply(seconds, per_second))
    parts = {"epoch": seconds, "fraction": pc.multiply(rest, 10**9 // per_second).cast(pa.int32())}
    if array.type.tz:
        # The offset in minutes plus 1440, so this is UTC.
        parts["timezone"] = pa.repeat(pa.scalar(1440, pa.int32()), len(array))
    fields = [pa.field(name, part.type, nullable=False) for name, part in parts.items()]
    return pa.StructArray.from_arrays(list(parts.values()), fields=fields, mask=array.is_null())


def _context_function(expression: exp.Expr) -> exp.Expr:
    """Translate CURRENT_VERSION() as fakesnow does, and the functions that DuckDB lacks or answers itself."""
    if isinstance(expression, (exp.CurrentAccount, exp.CurrentRole, exp.CurrentUser, exp.CurrentWarehouse)):
        return exp.Literal.string(NAME)
    return _fakesnow_current_version(expression)


def _exact_number(expression: exp.Expr) -> exp.Expr:
    """Keep all 38 digits of NUMBER(38, 0), which fakesnow turns into BIGINT; INT and the like stay BIGINT."""
    if isinstance(expression, exp.DataType) and expression.this == exp.DataType.Type.DECIMAL:
        return expression if expression.expressions else exp.DataType.build("DECIMAL(38, 0)")
    return _fakesnow_integer_precision(expression)


def _unchanged(expression: exp.Expr) -> exp.Expr:
    return expression


class _FailureRecorder(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            current_failure.set(record.exc_info[1])


_fakesnow_current_version = transforms.current_version
_fakesnow_integer_precision = transforms.integer_precision
# fakesnow's own logger prints every statement.
_logger = logging.getLogger(__name__)
_logger.setLevel(logging.ERROR)
_logger.propagate = False
_logger.addHandler(_FailureRecorder())
# Module or object, name of its attribute, replacement.
PATCHES: Sequence[tuple[Any, str, Any]] = (
    (server, "to_sf", Result),
    (server, "to_ipc", _encode_inline_rows),
    (server, "logger", _logger),
    (arrow, "timestamp_to_sf_struct", _timestamp_struct),
    (transforms, "current_version", _context_function),
    (transforms, "integer_precision", _exact_number),
    # A sum of NUMBERs is an exact NUMBER; fakesnow adds floating-point numbers.
    (transforms, "numeric_agg_implicit_cast", _unchanged),
    # sqlglot logs what it may have translated inexactly.
    (logging.getLogger("sqlglot"), "disabled", True),
)
