"""Which rows a cycle looks at: all, or only those that can have another result than at the baseline.

The result of a row depends on the row itself, its two visits, the rows that these are enriched from, the
window, and a few things that concern every row. An incremental cycle looks at the rows of which one of these
has changed since the plan of its *baseline*, the newest completed cycle. It finds

- rows of conflictvisitmaps, and rows that visits are enriched from, by the transaction that wrote them
  (xmin), regardless of the writer; rows that completed chunks wrote are as a cycle leaves them;
- visits by `Updated Datatimestamp`, and among these by transaction;
- deleted rows, and keys that an update has removed, by triggers that record them;
- the window by the dates that have entered or left it.

Table conflict_visit holds what each visit was enriched from, so that the visits of a changed caregiver are
not searched among all visits. Where something has changed that concerns every row, or where there is no
baseline, the cycle is a full one and records why. It may look at too many rows, never at too few.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql

from conflict_pipeline import statements
from conflict_pipeline.cycles.planner import Key
from conflict_pipeline.model import MAX_BASELINE_DAYS, Mode, Window
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps import chunk_steps
from conflict_pipeline.steps.step import tracked_keys

_CONCERNS_EVERY_ROW = {
    "rules": "this version computes other values",
    "time_zone": "the report time zone has changed",
    "settings": 'settings."ExtraDistancePer" has changed',
    "speed_bands": "the speed bands have changed",
    "exclusions": "the excluded agencies or SSNs have changed",
    "columns": "the columns of conflictvisitmaps have changed",
    "whole_load": "visits were loaded as a whole",
}


@dataclass(frozen=True)
class Baseline:
    """The cycle whose result still holds for every row that has not changed."""

    cycle_id: int
    cycle_key: str
    window: Window
    inputs: dict[str, Any]


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
    inputs = _inputs(session, cycle_id)
    if mode == "full":
        return Comparison("full", "as configured", inputs)
    baseline = _baseline(session)
    reason = _full_reason(baseline, inputs)
    if baseline is None or reason:
        return Comparison("full", reason, inputs)
    return Comparison("incremental", f"what has changed since cycle {baseline.cycle_key}", inputs, baseline)


def select_rows(session: Session, comparison: Comparison, cycle_id: int, window: Window) -> None:
    """Record which rows an incremental cycle looks at, and what the visits of its rows are enriched from."""
    session.execute("cycles/delete_changed_rows", {"cycle_id": cycle_id})
    session.execute("cycles/delete_deleted_keys", {"days": MAX_BASELINE_DAYS + 1})
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
    session.execute("cycles/insert_changed_visits", values)
    session.conn.execute("ANALYZE changed_key")
    session.execute("cycles/create_changed_visit", values)
    session.conn.execute("ANALYZE changed_visit")


def _baseline_values(baseline: Baseline) -> dict[str, Any]:
    # A visit may be loaded later than it was changed.
    overlap = timedelta(hours=load_settings().load_overlap_hours)
    return {
        "baseline_cycle_id": baseline.cycle_id,
        "baseline_window_start": baseline.window.window_start,
        "baseline_window_end": baseline.window.window_end,
        "transactions_from": baseline.inputs["transactions_from"],
        "updated_until": baseline.inputs["visits_updated_until"],
        "overlap": overlap,
    }


def _inputs(session: Session, cycle_id: int) -> dict[str, Any]:
    values = {f"{role}_schema": name for role, name in session.schema_names.items()}
    inputs = session.one(
        "cycles/select_inputs", {**values, "cycle_id": cycle_id, "tables": list(input_keys())}
    )
    return {**inputs, "rules": rules_digest()}


def _baseline(session: Session) -> Baseline | None:
    row = session.row("cycles/select_baseline", {"days": MAX_BASELINE_DAYS})
    if row is None:
        return None
    window = Window(row["window_start"], row["window_end"])
    return Baseline(row["cycle_id"], row["cycle_key"], window, row["inputs"])


def _full_reason(baseline: Baseline | None, inputs: Mapping[str, Any]) -> str:
    """Return why the cycle must be a full one; empty if it can be incremental."""
    untracked = [name for name in input_keys() if name not in inputs["files"]]
    if untracked:
        names = ", ".join(untracked)
        return f"deleted rows of {names} are not noted; run: conflict-pipeline schema apply"
    if baseline is None:
        return f"no cycle of the last {MAX_BASELINE_DAYS} days has completed"
    reasons = [
        text for name, text in _CONCERNS_EVERY_ROW.items() if baseline.inputs.get(name) != inputs[name]
    ]
    rewritten = [name for name, file in inputs["files"].items() if baseline.inputs["files"].get(name) != file]
    if rewritten:
        reasons.append(f"{', '.join(sorted(rewritten))} was emptied, rewritten or replaced")
    return "; ".join(reasons)
