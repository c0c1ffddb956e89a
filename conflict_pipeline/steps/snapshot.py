"""Snapshot: conflictvisitmaps as it is before the update (docs/rules.md, "snapshot")."""

from dataclasses import asdict, dataclass
from typing import LiteralString

from psycopg import sql

from conflict_pipeline.model import MAX_BASELINE_DAYS, Counts, Cycle
from conflict_pipeline.postgres.adopted_columns import (
    cast_to_column,
    naming_narrow_columns,
    require_not_generated,
)
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.triggers import table_states
from conflict_pipeline.steps.step import CycleStep, When

_TRACKED = {"conflictvisitmaps": "ID", "conflicts": "CONFLICTID"}
_COMMA = sql.SQL(",\n    ")
# What insert_snapshot.sql does not copy under the same name.
OWN_COLUMNS = (
    *("StatusFlag", "ConStatusFlag", "FlagForReview", "ConFlagForReview"),
    *("FlagForReviewDate", "ConFlagForReviewDate", "CreatedDate"),
)


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
    parts = snapshot_parts(session)
    condition = sql.SQL(_delete_stale_rows(session, cycle))
    with naming_narrow_columns(session, "conflictvisitmaps_temp"):
        copied = session.execute(
            "steps/snapshot/insert_snapshot", asdict(cycle.window), **parts, condition=condition
        ).rowcount
    return SnapshotCounts(copied)


def snapshot_parts(session: Session) -> dict[str, sql.Composable]:
    """Generate the parts of insert_snapshot.sql, but its condition, from the columns of the two tables."""
    columns = session.rows(
        "steps/snapshot/select_snapshot_columns",
        {"conflict_schema": session.schema_names["conflict"], "own_columns": list(OWN_COLUMNS)},
    )
    values = [cast_to_column(column["column_name"], column["type_name"]) for column in columns]
    same = [sql.Identifier("cvm", column["column_name"]) for column in columns if column["is_same"]]
    return {
        "columns": _COMMA.join(sql.Identifier(column["column_name"]) for column in columns),
        "new_values": _COMMA.join(values),
        "same_columns": _COMMA.join(same),
    }


def require_own_columns(session: Session) -> None:
    """Raise PipelineError where the table computes a column that is not a mere copy."""
    require_not_generated(session, "conflictvisitmaps_temp", OWN_COLUMNS)


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
    require=require_own_columns,
    reads=_TRACKED,
    writes={
        "conflictvisitmaps_temp": frozenset({"INSERT", "DELETE"}),
        "conflict_snapshot": frozenset({"INSERT", "UPDATE"}),
    },
    announced=True,
)
