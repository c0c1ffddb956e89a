"""Transactions as plans note them, and windows to go with them."""

from datetime import timedelta
from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW

BASE_WINDOW = {"baseline_window_start": WINDOW["window_start"], "baseline_window_end": WINDOW["window_end"]}
SAME_WINDOWS: dict[str, Any] = {**WINDOW, **BASE_WINDOW}
DAY_LATER: dict[str, Any] = {
    **{name: day + timedelta(days=1) for name, day in WINDOW.items()},
    **BASE_WINDOW,
}


def from_here(session: Session) -> str:
    """What a plan would note now: whatever is written from here on counts as new."""
    row = session.conn.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid").fetchone()
    assert row is not None
    return str(row["xid"])


def own(session: Session, later: int = 0) -> str:
    """The transaction that the session is in, or one that begins `later`."""
    row = session.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    assert row is not None
    return str(int(row["xid"]) + later)
