"""Which rows a cycle looks at: all, or only those that can have another result than at the baseline.

The result of a row depends on the row itself, its two visits, the rows that these are enriched from, the
window, and a few things that concern every row. An incremental cycle looks at the rows of which one of these
has changed since the plan of its *baseline*, the newest completed cycle. A change by any writer is either
seen, or makes the cycle a full one that records why:

1. Each plan records `transactions_from`: the oldest transaction that may not have been committed for it, also
   a prepared one. What was written by this transaction or a later one is new for the next cycle. No clock
   decides.
2. Rows of conflictvisitmaps, and rows that visits are enriched from, are found by the transaction that wrote
   them (xmin). Rows that completed chunks wrote are as a cycle leaves them.
3. Visits that were written, and keys that were deleted or replaced, are found in conflict_changed_key, where
   triggers record them (postgres/triggers.py).
4. Writes without a trigger, and rows that appear or vanish without a write, leave another identity of a table
   (TRUNCATE, VACUUM FULL, ALTER TABLE, a partition that is attached or detached, a table that is replaced) or
   other versions of its triggers (disabled and enabled again, dropped and created). Either makes the cycle a
   full one. So do tables that are not tracked at all, and unlogged ones, which a crash empties.
5. The window is compared by the dates that have entered or left it, and what concerns every row as a whole.
6. Table conflict_visit holds what each visit was enriched from, so that the visits of a changed caregiver are
   not searched among all visits. Triggers keep its rows, and the recorded keys of the last days.
7. Transaction numbers mean something on one server only. The closing of a cycle records its own transaction
   in the row that it writes, and no statement writes that row again: a baseline whose row version is of
   another transaction was restored or replicated from another server.

An incremental cycle may look at too many rows, never at too few.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import sql

from conflict_pipeline import statements
from conflict_pipeline.cycles.planner import Key
from conflict_pipeline.model import MAX_BASELINE_DAYS, Mode, Window
from conflict_pipeline.postgres import schema, tables, triggers
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.triggers import TableState
from conflict_pipeline.steps import chunk_steps
from conflict_pipeline.steps.step import tracked_keys

_CONCERNS_EVERY_ROW = {
    "rules": "this version computes other values",
    "time_zone": "the report time zone has changed",
    "settings": 'settings."ExtraDistancePer" has changed',
    "speed_bands": "the speed bands have changed",
    "exclusions": "the excluded agencies or SSNs have changed",
    "whole_load": "visits were loaded as a whole",
}
_CONCERNS_A_TABLE = {
    "tables": "{} was emptied, rewritten, altered or replaced",
    "triggers": "the triggers of {} were disabled or created, so changes may not have been noted",
}


@dataclass(frozen=True)
class Baseline:
    """The cycle whose result still holds for every row that has not changed."""

    cycle_id: int
    cycle_key: str
    window: Window
    inputs: dict[str, Any]
    is_comparable: bool


@dataclass(frozen=True)
class Comparison:
    """The mode of a new cycle and why, its inputs, and the baseline of an incremental one."""

    mode: Mode
    reason: str
    inputs: dict[str, Any]
    baseline: Baseline | None = None


def compare_with_baseline(session: Session, mode: Mode, cycle_id: int) -> Comparison:
    """Decide the mode of a new cycle by what has changed since the baseline.

    Comes after `record_inputs`, and before anything that looks for changed rows.
    """
    states = triggers.table_states(session, {**input_keys(), "conflictvisitmaps": None})
    inputs = _inputs(session, cycle_id, states)
    if mode == "full":
        return Comparison("full", "as configured", inputs)
    baseline = _baseline(session)
    reason = _full_reason(baseline, inputs, states)
    if baseline is None or reason:
        return Comparison("full", reason, inputs)
    return Comparison("incremental", f"what has changed since cycle {baseline.cycle_key}", inputs, baseline)


def select_rows(session: Session, comparison: Comparison, cycle_id: int, window: Window) -> None:
    """Record which rows an incremental cycle looks at, and what the visits of its rows are enriched from."""
    session.execute("cycles/delete_changed_rows", {"cycle_id": cycle_id})
    session.execute("cycles/delete_old_keys", {"days": triggers.KEY_DAYS})
    values: dict[str, Any] = {"cycle_id": cycle_id, **asdict(window)}
    # A list of changes that does not fit into memory is scanned again for each row.
    session.conn.execute("SET LOCAL work_mem = '512MB'")
    if comparison.baseline:
        values |= _baseline_values(comparison.baseline)
        _find_changed_visits(session, values)
        session.execute("cycles/insert_changed_rows", values)
        schema.analyze(session, sql.Identifier(session.schema_names["conflict"], "conflict_changed_row"))
    visits = "select_changed_row_visits" if comparison.baseline else "select_window_visits"
    session.execute("cycles/upsert_visits", values, visit_ids=session.statement(f"cycles/{visits}"))


def keys(session: Session, comparison: Comparison, cycle_id: int, window: Window) -> Iterator[Key]:
    """Stream the keys to be cut into chunks, in order, with the rows to look at; inside a transaction."""
    if comparison.baseline:
        rows = session.stream("cycles/select_changed_row_keys", {"cycle_id": cycle_id})
    else:
        rows = session.stream("cycles/select_keys", asdict(window))
    return (Key(**row) for row in rows)


def input_keys() -> dict[str, str]:
    """Return the analytics tables whose rows concern single visits, each with the column that finds these."""
    analytics = {table.name for table in tables.all_tables() if table.schema == "analytics"}
    return {name: key for name, key in tracked_keys(chunk_steps()).items() if name in analytics}


def rules_digest() -> str:
    """Return a digest that changes with the statements of the chunk steps and with the shared fragments."""
    digest = hashlib.sha256()
    folders = ["fragments", *(f"steps/{step.name}" for step in chunk_steps())]
    for folder in folders:
        for path in sorted((statements.SQL_FOLDER / folder).glob("*.sql")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _find_changed_visits(session: Session, values: Mapping[str, Any]) -> None:
    session.execute("cycles/create_changed_key", values)
    for name, key in input_keys().items():
        if name != tables.VISITS:
            table = {"table": sql.Identifier(name), "key": sql.Identifier(key)}
            session.execute("cycles/insert_changed_keys", {**values, "table_name": name}, **table)
    session.conn.execute("ANALYZE changed_key")
    session.execute("cycles/create_changed_visit", values)
    session.conn.execute("ANALYZE changed_visit")


def _baseline_values(baseline: Baseline) -> dict[str, Any]:
    return {
        "baseline_cycle_id": baseline.cycle_id,
        "baseline_window_start": baseline.window.window_start,
        "baseline_window_end": baseline.window.window_end,
        "transactions_from": baseline.inputs["transactions_from"],
    }


def _inputs(session: Session, cycle_id: int, states: Mapping[str, TableState]) -> dict[str, Any]:
    return {
        **session.one("cycles/select_inputs", {"cycle_id": cycle_id}),
        "rules": rules_digest(),
        "tables": {name: state.identity for name, state in states.items()},
        "triggers": {name: state.triggers for name, state in states.items()},
    }


def _baseline(session: Session) -> Baseline | None:
    row = session.row("cycles/select_baseline", {"days": MAX_BASELINE_DAYS})
    if row is None:
        return None
    window = Window(row["window_start"], row["window_end"])
    return Baseline(row["cycle_id"], row["cycle_key"], window, row["inputs"], row["is_comparable"])


def _full_reason(
    baseline: Baseline | None, inputs: Mapping[str, Any], states: Mapping[str, TableState]
) -> str:
    """Return why the cycle must be a full one; empty if it can be incremental."""
    if untracked := [name for name, state in states.items() if not state.is_noted]:
        return f"changes of {', '.join(untracked)} are not noted; run: conflict-pipeline schema apply"
    if volatile := [name for name, state in states.items() if not state.is_durable]:
        return f"changes of {', '.join(volatile)} can be lost, because it is unlogged or partly foreign"
    if baseline is None:
        return f"no cycle of the last {MAX_BASELINE_DAYS} days has completed"
    if not baseline.is_comparable:
        return (
            f"cycle {baseline.cycle_key} was completed on another server, and its row restored or "
            "replicated, or too many transactions have run since"
        )
    reasons = [
        text for name, text in _CONCERNS_EVERY_ROW.items() if baseline.inputs.get(name) != inputs[name]
    ]
    for kind, text in _CONCERNS_A_TABLE.items():
        before = baseline.inputs.get(kind, {})
        if names := sorted(name for name, digest in inputs[kind].items() if before.get(name) != digest):
            reasons.append(text.format(", ".join(names)))
    return "; ".join(reasons)
