"""COPY of rows into a table, by column name."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

# No text is this control character; unlike COPY's own \N it leaves backslashes to texts.
_NULL = "\x01"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_LINES_AT_A_TIME = 200


def copy_rows(session: Session, table_name: str, rows: Iterable[Row]) -> int:
    """Write rows that all name the same columns; returns how many. The other columns get their default.

    Raises KeyError, naming the column, for one that the table does not have or that only some rows have.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return 0
    table = tables.get_table(table_name)
    columns = tuple(column.name for column in table.columns if column.name in first)
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (NULL {})").format(
        sql.Identifier(session.schema_names[table.schema], table_name),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Literal(_NULL),
    )
    lines = _lines(table_name, columns, chain([first], rows))
    written = 0
    cursor = session.conn.cursor()
    # Its thread sends while this one makes the next rows.
    with cursor, cursor.copy(statement, writer=QueuedLibpqWriter(cursor)) as copy:
        while batch := list(islice(lines, _LINES_AT_A_TIME)):
            copy.write("".join(batch))
            written += len(batch)
    return written


def _lines(table_name: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    values = itemgetter(*columns)
    for row in rows:
        if len(row) != len(columns):
            raise KeyError(f"{table_name}: {sorted(row.keys() ^ set(columns))}")
        yield _line(values(row))


def _line(values: tuple[Any, ...]) -> str:
    """A line of COPY's text format; twice as fast as psycopg's own row by row."""
    line = "\t".join([_NULL if value is None else str(value) for value in values])
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(values):
        escaped = (_NULL if value is None else str(value).translate(_ESCAPES) for value in values)
        line = "\t".join(escaped)
    return line + "\n"
