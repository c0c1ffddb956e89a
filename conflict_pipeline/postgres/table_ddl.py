"""CREATE TABLE and ALTER TABLE for the tables of tables.csv."""

from collections.abc import Iterable

from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import Column, Table

# Percent of a page that inserts fill. Cycles rewrite rows, and a new version that fits into its page needs no
# new index entries and half the WAL.
_FILLFACTORS = {"conflictvisitmaps": 50}


def create_table(session: Session, table: Table) -> None:
    """Create the table with its primary key, defaults and sequences."""
    parts = [_column_definition(session, table, column) for column in table.columns]
    if table.primary_key:
        key = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
        parts.append(sql.SQL("PRIMARY KEY ({})").format(key))
    session.conn.execute(
        sql.SQL("CREATE TABLE {} ({}) WITH (fillfactor = {})").format(
            _qualified(session, table.schema, table.name),
            sql.SQL(", ").join(parts),
            sql.Literal(_FILLFACTORS.get(table.name, 100)),
        )
    )
    for column in table.columns:
        if _has_sequence(column):
            # Dropping the column or the table then drops the sequence too.
            session.conn.execute(
                sql.SQL("ALTER SEQUENCE {} OWNED BY {}.{}").format(
                    _sequence(session, table, column),
                    _qualified(session, table.schema, table.name),
                    sql.Identifier(column.name),
                )
            )


def create_staging(session: Session, staging: Table, source: str) -> None:
    """Create a staging table with the types of its source, and without a constraint."""
    session.execute(
        "schema/create_staging",
        staging=sql.Identifier(staging.name),
        table=sql.Identifier(source),
        columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in staging.columns),
    )


def add_columns(session: Session, table: Table, columns: Iterable[Column]) -> None:
    """Add the columns without NOT NULL and default, so that a table that holds rows is not rewritten."""
    additions = [
        sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(column.name), _trusted(column.type_name))
        for column in columns
    ]
    session.conn.execute(
        sql.SQL("ALTER TABLE {} {}").format(
            _qualified(session, table.schema, table.name), sql.SQL(", ").join(additions)
        )
    )


def _column_definition(session: Session, table: Table, column: Column) -> sql.Composable:
    parts: list[sql.Composable] = [sql.Identifier(column.name), _trusted(column.type_name)]
    if not column.nullable:
        parts.append(sql.SQL("NOT NULL"))
    if _has_sequence(column):
        sequence = _sequence(session, table, column)
        session.conn.execute(sql.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(sequence))
        parts.append(sql.SQL("DEFAULT nextval({})").format(sql.Literal(sequence.as_string())))
    elif column.default:
        parts.append(sql.SQL("DEFAULT {}").format(_trusted(column.default)))
    return sql.SQL(" ").join(parts)


def _has_sequence(column: Column) -> bool:
    return column.default.startswith("nextval")


def _sequence(session: Session, table: Table, column: Column) -> sql.Identifier:
    return _qualified(session, table.schema, f"{table.name}_{column.name}_seq")


def _qualified(session: Session, schema: str, name: str) -> sql.Identifier:
    return sql.Identifier(session.schema_names[schema], name)


def _trusted(text: str) -> sql.Composable:
    # Types and defaults of tables.csv are part of the program, like the files of sql/.
    return sql.SQL(text)
