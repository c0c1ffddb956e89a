"""Statements of loads, on small tables of their own: of what is given, by name, and what comes of it."""

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from conflict_pipeline.postgres.session import Session

TARGET = sql.Identifier("pg_temp", "target_table")
STAGE = sql.Identifier("pg_temp", "arriving")


def create(
    session: Session, name: sql.Identifier, columns: str, rows: Iterable[tuple[Any, ...]] = ()
) -> None:
    """A table, gone with the test's transaction; `columns` as CREATE TABLE has them."""
    session.conn.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({})").format(name, sql.SQL(columns)))
    for row in rows:
        places = sql.SQL(", ").join(sql.Placeholder() * len(row))
        session.conn.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(name, places), row)


def read(session: Session, name: sql.Identifier = TARGET) -> list[tuple[Any, ...]]:
    """Every row, in the order of all columns; NULL last."""
    query = sql.SQL("SELECT * FROM {} AS found ORDER BY found").format(name)
    return [tuple(row.values()) for row in session.conn.execute(query)]


def places(session: Session, name: sql.Identifier = TARGET) -> dict[Any, str]:
    """Where each row is, by its first column: a row that is written moves."""
    query = sql.SQL("SELECT found.*, ctid::text AS place FROM {} AS found").format(name)
    return {next(iter(row.values())): row["place"] for row in session.conn.execute(query)}


def identifiers(*names: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def of(table: str, *names: str) -> sql.Composed:
    """These columns of a table."""
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)


def same_key(*names: str, other: str = "stage") -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier("target", name), sql.Identifier(other, name))
        for name in names
    )
