"""Tables of Postgres into the emulator: CSV that Postgres writes and DuckDB reads, to the same values."""

from pathlib import Path
from typing import IO

import duckdb
from psycopg import sql

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

_TYPES = {
    "varchar": "VARCHAR",
    "numeric": "NUMBER",
    "timestamptz": "TIMESTAMP_TZ",
    "timestamp": "TIMESTAMP_NTZ",
    "boolean": "BOOLEAN",
    "date": "DATE",
}


def write_csv(session: Session, table: tables.Table, file: IO[bytes]) -> int:
    """All rows of the table in Postgres; returns how many."""
    columns = [_as_text(column) for column in table.columns]
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)").format(
        sql.SQL(", ").join(columns), sql.Identifier(session.schema_names[table.schema], table.name)
    )
    with session.conn.cursor() as cursor:
        with cursor.copy(statement) as copy:
            file.writelines(copy)
        file.flush()
        return cursor.rowcount


def read_csv(connection: duckdb.DuckDBPyConnection, table_name: str, path: Path) -> None:
    """Append the rows of the file to the table, whose columns are in the same order."""
    table = connection.table(table_name)
    connection.read_csv(
        str(path),
        columns=dict(zip(table.columns, map(str, table.types), strict=True)),
        header=False,
        auto_detect=False,
        delimiter=",",
        quotechar='"',
        escapechar='"',
        lineterminator=duckdb.CSVLineTerminator.LINE_FEED,
        # As Postgres writes them: NULL is nothing at all, an empty text is quoted.
        na_values="",
        allow_quoted_nulls=False,
        # Whoever starts in the middle guesses which line breaks are a text's.
        parallel=False,
    ).insert_into(table_name)


def _as_text(column: tables.Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    # DuckDB's time zone is UTC, and it does not read all of the offsets that Postgres writes.
    return sql.SQL("{} AT TIME ZONE 'UTC'").format(name) if column.type_name == "timestamptz" else name


def snowflake_type(type_name: str) -> str:
    name, parenthesis, size = type_name.partition("(")
    return _TYPES[name] + parenthesis + size


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
