"""The texts that are compared and hashed, in the SQL of both systems, from the one list of columns.

A value's text is the same in both: a number with the decimals of Postgres's column, a time in microseconds
since 1970, true or false, a text as it is. Should a number be spelled differently after all, its range
travels for nothing: what differs is decided by the values (compare.py), never by the hashes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from conflict_pipeline.parity.columns import Column, Columns, Kind

_BOOLEAN = "CASE WHEN {boolean} THEN 'true' WHEN NOT {boolean} THEN 'false' END"


@dataclass(frozen=True)
class Dialect:
    """`values` are by kind, of a `{column}`; `row` puts `{texts}` together, each of them made by `part`.

    In a row's text NULL is ~, and a text is preceded by its length, so that no two rows have one text.
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
    # A function takes at most 100 arguments.
    row="array_to_string(ARRAY[{texts}], '|', '~')",
)
SNOWFLAKE = Dialect(
    values={
        "text": "CAST({column} AS VARCHAR)",
        # 38 digits: a value that is too large for Postgres's column is to be a difference, not an error.
        "number": "CAST(CAST({column} AS NUMBER(38, {scale})) AS VARCHAR)",
        # DATE_PART and not TO_VARCHAR with a format, which the emulator does not know.
        "time": "CAST(DATE_PART(EPOCH_MICROSECOND, CAST({column} AS TIMESTAMP_NTZ)) AS VARCHAR)",
        "boolean": _BOOLEAN.replace("{boolean}", "CAST({column} AS BOOLEAN)"),
    },
    # CONCAT_WS is NULL as soon as one part is.
    part="COALESCE({text}, '~')",
    row="CONCAT_WS('|', {texts})",
)


def value(dialect: Dialect, column: Column) -> sql.Composed:
    """The text of a value, NULL for NULL."""
    name = column.here if dialect is POSTGRES else column.there
    return _part(dialect.values[column.kind]).format(
        column=sql.Identifier(name), scale=sql.Literal(column.scale)
    )


def row_text(dialect: Dialect, columns: Columns) -> sql.Composed:
    """The text of a whole row, its key included: equal for equal rows, and for no others."""
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
