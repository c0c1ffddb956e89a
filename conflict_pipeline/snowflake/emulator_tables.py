"""Copies tables of Postgres into the emulator, as CSV that Postgres writes and DuckDB reads."""

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
    """Write all rows that Postgres has in the table; return their number."""
    columns = [_csv_value(column) for column in table.columns]
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
        # Postgres writes NULL as nothing and an empty text as "".
        na_values="",
        allow_quoted_nulls=False,
        # A parallel reader starts in the middle, where it would guess which line breaks belong to texts.
        parallel=False,
    ).insert_into(table_name)


def snowflake_type(type_name: str) -> str:
    """Return Snowflake's counterpart of a column type of tables.csv."""
    name, parenthesis, size = type_name.partition("(")
    return _TYPES[name] + parenthesis + size


def quote(name: str) -> str:
    """Return the name as a quoted identifier, for statements that DuckDB runs."""
    return '"' + name.replace('"', '""') + '"'


def _csv_value(column: tables.Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    # DuckDB's time zone is UTC, and it cannot read every offset that Postgres writes.
    return sql.SQL("{} AT TIME ZONE 'UTC'").format(name) if column.type_name == "timestamptz" else name
