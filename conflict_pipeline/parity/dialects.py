"""The SQL of both systems for the texts that are compared and hashed, made from one list of columns.

A value has the same text in both systems: a number with the decimals of its column in Postgres, a time in
microseconds since 1970, `true` or `false`, a text unchanged. If a number is spelled differently after all,
its rows are read needlessly, but no difference is reported: the values decide that (compare.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from conflict_pipeline.parity.columns import Column, Columns, Kind

_BOOLEAN = "CASE WHEN {boolean} THEN 'true' WHEN NOT {boolean} THEN 'false' END"


@dataclass(frozen=True)
class Dialect:
    """The SQL of one system.

    `values` turns a `{column}` into text, by kind; `part` prepares each such text for the row's text, and
    `row` joins them as `{texts}`. In a row's text, NULL is ~ and a text follows its length, so that different
    rows never have the same text.
    """

    values: Mapping[Kind, str]
    part: str
    row: str


POSTGRES = Dialect(
    values={
        "text": "{column}",
        "number": "{column}::text",
        "time": "trim_scale(extract(epoch FROM {column}) * 1000000)::text",
        "boolean": _BOOLEAN.replace("{boolean}", "{column}"),
    },
    part="{text}",
    # An array, because a function in Postgres takes at most 100 arguments.
    row="array_to_string(ARRAY[{texts}], '|', '~')",
)
SNOWFLAKE = Dialect(
    values={
        "text": "CAST({column} AS VARCHAR)",
        # 38 digits, so that a value too large for the column in Postgres is a difference, not an error.
        "number": "CAST(CAST({column} AS NUMBER(38, {scale})) AS VARCHAR)",
        # DATE_PART, because the emulator does not support TO_VARCHAR with a format.
        "time": "CAST(DATE_PART(EPOCH_MICROSECOND, CAST({column} AS TIMESTAMP_NTZ)) AS VARCHAR)",
        "boolean": _BOOLEAN.replace("{boolean}", "CAST({column} AS BOOLEAN)"),
    },
    # CONCAT_WS returns NULL if one of its arguments is NULL.
    part="COALESCE({text}, '~')",
    row="CONCAT_WS('|', {texts})",
)


def value(dialect: Dialect, column: Column) -> sql.Composed:
    """Return the SQL for the text of a value; it is NULL for NULL."""
    name = column.name if dialect is POSTGRES else column.snowflake_name
    return _part(dialect.values[column.kind]).format(
        column=sql.Identifier(name), scale=sql.Literal(column.scale)
    )


def row_text(dialect: Dialect, columns: Columns) -> sql.Composed:
    """Return the SQL for the text of a row including its key: equal for equal rows only."""
    texts = [
        _part(dialect.part).format(text=_delimited(dialect, column))
        for column in (columns.key, *columns.compared)
    ]
    return _part(dialect.row).format(texts=sql.SQL(", ").join(texts))


def _delimited(dialect: Dialect, column: Column) -> sql.Composed:
    text = value(dialect, column)
    if column.kind != "text":
        return text
    return _part("CAST(LENGTH({text}) AS VARCHAR) || ':' || {text}").format(text=text)


def _part(text: str) -> sql.SQL:
    # The parts above are of the program, like the files of sql/.
    return sql.SQL(text)
