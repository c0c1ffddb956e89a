"""A completed cycle in `scratch`, and its rows prepared for the statements of the HTML report."""

from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import LIMITS
from conflict_pipeline_tests.rows import WINDOW, Row, cycle, pair

LAST_ROW_ID = 1_000


def prepare(session: Session, **values: Any) -> Row:
    """Create the temporary tables of all figures; return the values for every statement."""
    completed = cycle(
        session,
        state="completed",
        last_row_id=LAST_ROW_ID,
        closed_at="2026-03-02 12:00",
        opened_at="2026-03-02 11:00",
    )
    values = {
        **LIMITS,
        **WINDOW,
        "cycle_id": completed["cycle_id"],
        "conflict_schema": "conflict",
        "shows_names": False,
        "max_plausible_amount": 10_000,
        **values,
    }
    for table in ("row", "before", "visit", "pair"):
        session.execute(f"report/create_report_{table}", values)
    return values


def prepared_table(session: Session, table: str) -> list[Row]:
    """Prepare, and return the rows of one of the temporary tables in the order of its key."""
    prepare(session)
    return session.conn.execute(f"SELECT * FROM {table} ORDER BY 1".encode()).fetchall()


def figure(session: Session, name: str, **values: Any) -> list[Row]:
    """Prepare, and return the rows of the figure."""
    return session.rows(f"report/select_{name}", prepare(session, **values))


def both_ways(session: Session, number: int, one: str, other: str, **columns: Any) -> None:
    """Insert both rows of a pair; columns belong to visit `one`, those that begin with `Con` to `other`."""
    swapped = {name: columns.get(_other_side(name), value) for name, value in columns.items()}
    pair(session, number, VisitID=one, ConVisitID=other, **columns)
    pair(session, number + 1, VisitID=other, ConVisitID=one, **swapped)


def _other_side(name: str) -> str:
    return name.removeprefix("Con") if name.startswith("Con") else f"Con{name}"
