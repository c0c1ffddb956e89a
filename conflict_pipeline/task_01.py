"""Task 01: reminders, and the snapshot of conflictvisitmaps before the update (spec: "Task 01")."""

from dataclasses import asdict, dataclass
from enum import IntEnum

from psycopg import sql

from conflict_pipeline.ledger import Window
from conflict_pipeline.resources.postgres import Session


class InProgress(IntEnum):
    """What settings."InProgressFlag" tells the application."""

    PLEASE_WAIT = 1
    ENDED = 2


@dataclass(frozen=True)
class ReminderCounts:
    inserted: int
    refreshed: int


def refresh_reminders(session: Session) -> ReminderCounts:
    """Insert missing payer-provider reminders and refresh names, both or neither."""
    with session.transaction():
        inserted = session.execute("task_01/insert_reminders").rowcount
        refreshed = session.execute("task_01/refresh_reminders").rowcount
    return ReminderCounts(inserted, refreshed)


def take_snapshot(session: Session, window: Window) -> int:
    """Replace the snapshot; returns its rows. Readers see the old one until the new one is whole."""
    columns = [
        row["column_name"]
        for row in session.rows(
            "task_01/select_snapshot_columns", {"conflict_schema": session.schema_names["conflict"]}
        )
    ]
    comma = sql.SQL(",\n    ")
    with session.transaction():
        session.execute("task_01/delete_snapshot")
        return session.execute(
            "task_01/insert_snapshot",
            asdict(window),
            same_columns=comma.join(map(sql.Identifier, columns)),
            same_values=comma.join(sql.Identifier("cvm", column) for column in columns),
        ).rowcount


def set_in_progress(session: Session, flag: InProgress) -> None:
    """Committed at once, so that the application sees it before the work starts."""
    session.execute("task_01/update_in_progress", {"flag": int(flag)})
