"""Rows that a cycle looks at: all of the window, or those of a scope."""

from psycopg import sql

from conflict_pipeline.defs import checks
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, Row, insert


def in_scope(session: Session) -> sql.Composed:
    """The condition of a cycle that looks only at what has changed."""
    return sql.SQL(checks.IN_SCOPE).format(**session.schemas)


def look_at(session: Session, of_cycle: Row, *row_ids: int) -> None:
    for row_id in row_ids:
        values = {"cycle_id": of_cycle["cycle_id"], "visit_date": DAY, "ssn": "", "row_id": row_id}
        insert(session, "conflict_changed_row", **values)
