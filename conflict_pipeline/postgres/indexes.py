"""Indexes that the pipeline adds to the tables: one statement each in sql/schema/indexes/."""

from collections.abc import Collection

from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline.statements import SQL_FOLDER

_TIMEOUTS = ["statement_timeout", "lock_timeout"]


def create_indexes(session: Session) -> list[str]:
    """Build the missing indexes without blocking writers and return what was done, a line each.

    Rebuilds an index that an interrupted attempt left invalid. Turns off the session's timeouts, because on
    the real tables this takes longer than a chunk may.
    """
    names = sorted(path.stem for path in (SQL_FOLDER / "schema" / "indexes").glob("*.sql"))
    valid = drop_invalid_indexes(session, names)
    session.conn.execute("SELECT set_config(name, '0', false) FROM unnest(%s::text[]) AS name", [_TIMEOUTS])
    missing = [name for name in names if name not in valid]
    for name in missing:
        session.execute(f"schema/indexes/{name}")
    return [f"created index {name}" for name in missing]


def drop_invalid_indexes(session: Session, names: Collection[str]) -> set[str]:
    """Drop those of the named indexes that an interrupted attempt left invalid; return the valid ones."""
    valid = set()
    for row in session.rows("schema/select_indexes", {"names": list(names), **session.schema_values}):
        if row["is_valid"]:
            valid.add(row["index_name"])
        else:
            index = sql.Identifier(row["schema_name"], row["index_name"])
            session.conn.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(index))
    return valid
