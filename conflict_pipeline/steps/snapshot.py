"""Task 01: reminders, and the snapshot of conflictvisitmaps before the update (docs/rules.md, "Task 01")."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import LiteralString

import psycopg
from psycopg import sql

from conflict_pipeline.cycles.incremental import MOST_DAYS
from conflict_pipeline.model import Window
from conflict_pipeline.postgres.session import Session


class InProgress(IntEnum):
    """What settings."InProgressFlag" tells the application."""

    PLEASE_WAIT = 1
    ENDED = 2


@dataclass(frozen=True)
class ReminderCounts:
    """Rows of payer_provider_reminders."""

    inserted: int
    refreshed: int


@dataclass(frozen=True)
class Snapshot:
    """Rows of conflictvisitmaps_temp, the window they are from, and how long the copying took."""

    window: Window
    rows: int
    seconds: float


def refresh_reminders(session: Session) -> ReminderCounts:
    """Insert missing payer-provider reminders and refresh names, both or neither."""
    with session.transaction():
        inserted = session.execute("steps/reminders/insert_reminders").rowcount
        refreshed = session.execute("steps/reminders/refresh_reminders").rowcount
    return ReminderCounts(inserted, refreshed)


@contextmanager
def please_wait(session: Session) -> Iterator[None]:
    """Tell the application to wait from here on; if this fails, that the refresh has ended."""
    set_in_progress(session, InProgress.PLEASE_WAIT)
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):
            set_in_progress(session, InProgress.ENDED)
        raise


def take_snapshot(session: Session, window: Window, scope: str = "full") -> Snapshot:
    """Replace the snapshot, after telling the application to wait; `rows` are those that were copied.

    With scope `changed` rows stay that are as they should be, with the CreatedDate that they have: the others
    are found by the transactions that wrote them. Readers see the old snapshot until the new one is whole; a
    failure leaves the old one.
    """
    started = time.monotonic()
    columns = [
        row["column_name"]
        for row in session.rows(
            "steps/snapshot/select_snapshot_columns", {"conflict_schema": session.schema_names["conflict"]}
        )
    ]
    comma = sql.SQL(",\n    ")
    with please_wait(session), session.transaction():
        condition = _make_room(session, window, scope)
        rows = session.execute(
            "steps/snapshot/insert_snapshot",
            asdict(window),
            same_columns=comma.join(map(sql.Identifier, columns)),
            same_values=comma.join(sql.Identifier("cvm", column) for column in columns),
            condition=sql.SQL(condition),
        ).rowcount
    return Snapshot(window, rows, time.monotonic() - started)


def _make_room(session: Session, window: Window, scope: str) -> LiteralString:
    """Take out the old rows, or those that may be stale; returns which rows are to be put in."""
    # So that every statement sees the same rows.
    session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    names = {"conflict_schema": session.schema_names["conflict"]}
    tables = session.one("steps/snapshot/select_snapshot_tables", names)
    values = {**asdict(window), **tables, "days": MOST_DAYS}
    base = session.row("steps/snapshot/select_snapshot_base", values) if scope == "changed" else None
    session.execute("steps/snapshot/upsert_snapshot", values)
    if base is None:
        session.execute("steps/snapshot/delete_snapshot")
        return "TRUE"
    if session.execute("steps/snapshot/create_stale_row", {**values, **base}).rowcount == 0:
        return "FALSE"
    session.conn.execute("ANALYZE stale_row")
    # To look each row up never pays: there is no index. A planner that has seen the snapshot empty would.
    session.conn.execute("SET LOCAL enable_nestloop = off")
    session.execute("steps/snapshot/delete_stale_rows")
    session.conn.execute("SET LOCAL enable_nestloop = on")
    return 'cvm."ID" IN (SELECT row_id FROM stale_row)'


def set_in_progress(session: Session, flag: InProgress) -> None:
    """Committed at once, so that the application sees it before the work starts."""
    session.execute("cycles/update_in_progress", {"flag": int(flag)})
