"""Snapshot: conflictvisitmaps as it is before the update (docs/rules.md, "snapshot")."""

from dataclasses import asdict, dataclass
from typing import LiteralString

from psycopg import sql

from conflict_pipeline.model import MAX_BASELINE_DAYS, Counts, Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.triggers import table_states
from conflict_pipeline.steps.step import CycleStep, When

_TRACKED = {"conflictvisitmaps": "ID", "conflicts": "CONFLICTID"}


@dataclass(frozen=True)
class SnapshotCounts(Counts):
    """Rows that were copied into conflictvisitmaps_temp."""

    copied: int


def take_snapshot(session: Session, cycle: Cycle) -> SnapshotCounts:
    """Replace the snapshot by the rows of the window that have a parent.

    In mode incremental, rows that are still right stay, with the CreatedDate that they have; the others are
    found by the transactions that wrote them. Other sessions see the old snapshot until the new one is
    complete, and a failure leaves the old one. Must be the first work of its transaction.
    """
    # All statements must see the same rows.
    session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    columns = [
        row["column_name"]
        for row in session.rows(
            "steps/snapshot/select_snapshot_columns", {"conflict_schema": session.schema_names["conflict"]}
        )
    ]
    comma = sql.SQL(",\n    ")
    condition = _delete_stale_rows(session, cycle)
    copied = session.execute(
        "steps/snapshot/insert_snapshot",
        asdict(cycle.window),
        same_columns=comma.join(map(sql.Identifier, columns)),
        same_values=comma.join(sql.Identifier("cvm", column) for column in columns),
        condition=sql.SQL(condition),
    ).rowcount
    return SnapshotCounts(copied)


def _delete_stale_rows(session: Session, cycle: Cycle) -> LiteralString:
    """Delete the rows that may be stale, in mode full all rows; return the condition for the rows to copy."""
    values = {**asdict(cycle.window), "tables": _tables_digest(session), "days": MAX_BASELINE_DAYS}
    is_incremental = cycle.mode == "incremental"
    baseline = session.row("steps/snapshot/select_snapshot_baseline", values) if is_incremental else None
    session.execute("steps/snapshot/upsert_snapshot", values)
    if baseline is None:
        session.execute("steps/snapshot/delete_snapshot")
        return "TRUE"
    if session.execute("steps/snapshot/create_stale_row", {**values, **baseline}).rowcount == 0:
        return "FALSE"
    session.conn.execute("ANALYZE stale_row")
    # The snapshot has no index, so a nested loop never pays; a planner that has seen it empty would choose
    # one.
    session.conn.execute("SET LOCAL enable_nestloop = off")
    session.execute("steps/snapshot/delete_stale_rows")
    session.conn.execute("SET LOCAL enable_nestloop = on")
    return 'cvm."ID" IN (SELECT row_id FROM stale_row)'


def _tables_digest(session: Session) -> str | None:
    """Return what shows that the tables are the same as before; None where changed keys are not noted."""
    states = table_states(session, {**_TRACKED, "conflictvisitmaps_temp": None})
    if not all(state.is_noted and state.is_durable for state in states.values()):
        return None
    return ",".join(f"{name} {state.identity} {state.triggers}" for name, state in states.items())


STEP = CycleStep(
    name="snapshot",
    when=When.BEFORE_PLAN,
    table="conflictvisitmaps_temp",
    group="snapshot",
    description="The rows of conflictvisitmaps in the window, as the previous cycle left them.",
    counts=SnapshotCounts,
    run=take_snapshot,
    reads=_TRACKED,
    writes={
        "conflictvisitmaps_temp": frozenset({"INSERT", "DELETE"}),
        "conflict_snapshot": frozenset({"INSERT", "UPDATE"}),
    },
    announced=True,
)
