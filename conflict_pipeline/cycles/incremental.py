"""Which rows a cycle has to look at: all, or only those that can have another result than before.

A row's result rests on the row itself, its two visits, the rows that these are enriched from, the window,
and a few things that concern every row. Scope `changed` looks at the rows of which one of these has changed
since the plan of its *base*, the newest completed cycle that has noted its inputs. It finds

- rows, and those that visits are enriched from, by the transaction that wrote them (xmin), whoever it was;
  but rows that completed chunks wrote are as a cycle leaves them;
- visits by `Updated Datatimestamp`, and within that by transaction;
- deleted rows, and keys that an update has taken away, by triggers that note them;
- the window by the dates that have come into it or left it.

What a visit was enriched from is noted in conflict_visit, so that nobody has to look for a caregiver's
visits among all visits. Where something has changed that concerns every row, or where there is no base, the
scope is full, and says why. Too many rows may be looked at, never too few.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql

from conflict_pipeline import statements
from conflict_pipeline.cycles.planner import Key
from conflict_pipeline.cycles.set_up import KEYS_OF_INPUTS
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Window
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import VISITS
from conflict_pipeline.settings import load_settings

# What was deleted is remembered a day longer than that.
MOST_DAYS = 30
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
class Base:
    """The cycle whose result is still that of every row that has not changed."""

    cycle_id: int
    cycle_key: str
    window: Window
    inputs: dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """What a cycle looks at, and why; `base` if it is `changed`, `inputs` if they are to be noted."""

    kind: str
    reason: str
    base: Base | None = None
    inputs: dict[str, Any] | None = None


def decide(session: Session, settings: CycleSettings) -> Scope:
    """The scope of a new cycle, by what has changed since its base; the first look of its plan."""
    if settings.scope == "full":
        return Scope("full", "as configured")
    inputs = _inputs(session)
    base = _base(session)
    reason = _why_full(base, inputs)
    if base is None or reason:
        return Scope("full", reason, inputs=inputs)
    return Scope("changed", f"what has changed since cycle {base.cycle_key}", base, inputs)


def select_rows(session: Session, scope: Scope, cycle_id: int, window: Window) -> None:
    """Note which rows the cycle looks at, if not at all, and what their visits are enriched from."""
    session.execute("cycles/delete_scope_rows", {"cycle_id": cycle_id})
    session.execute("cycles/delete_deleted_keys", {"days": MOST_DAYS + 1})
    values: dict[str, Any] = {"cycle_id": cycle_id, **asdict(window)}
    # A list of what has changed that does not fit is gone through anew for each row.
    session.conn.execute("SET LOCAL work_mem = '512MB'")
    if scope.base:
        values |= _values_of_base(scope.base)
        _find_changed_visits(session, values)
        session.execute("cycles/insert_scope_rows", values)
        schema.analyze(session, sql.Identifier(session.schema_names["conflict"], "conflict_scope_row"))
    if scope.inputs:
        named = "cycles/select_scope_visits" if scope.base else "cycles/select_window_visits"
        session.execute("cycles/upsert_visits", values, visit_ids=session.statement(named))


def keys(session: Session, scope: Scope, cycle_id: int, window: Window) -> Iterator[Key]:
    """The keys to be cut into chunks, in their order, with the rows to be looked at; inside a transaction."""
    if scope.base:
        rows = session.stream("cycles/select_scope_keys", {"cycle_id": cycle_id})
    else:
        rows = session.stream("cycles/select_keys", asdict(window))
    return (Key(**row) for row in rows)


def _find_changed_visits(session: Session, values: Mapping[str, Any]) -> None:
    session.execute("cycles/create_changed_key", values)
    for name, key in KEYS_OF_INPUTS.items():
        if name != VISITS:
            table = {"table": sql.Identifier(name), "key": sql.Identifier(key)}
            session.execute("cycles/insert_changed_keys", {**values, "table_name": name}, **table)
    session.execute("cycles/insert_changed_visits", values)
    session.conn.execute("ANALYZE changed_key")
    session.execute("cycles/create_changed_visit", values)
    session.conn.execute("ANALYZE changed_visit")


def _values_of_base(base: Base) -> dict[str, Any]:
    # A visit may come later than it was changed, as loads have it.
    overlap = timedelta(hours=load_settings().load_overlap_hours)
    return {
        "base_cycle_id": base.cycle_id,
        "base_window_start": base.window.window_start,
        "base_window_end": base.window.window_end,
        "transactions_from": base.inputs["transactions_from"],
        "updated_until": base.inputs["visits_updated_until"],
        "overlap": overlap,
    }


def _inputs(session: Session) -> dict[str, Any]:
    values = {f"{role}_schema": name for role, name in session.schema_names.items()}
    inputs = session.one("cycles/select_inputs", {**values, "tables": list(KEYS_OF_INPUTS)})
    return {**inputs, "rules": _rules()}


def _rules() -> str:
    """Changes with every statement of Task 02."""
    digest = hashlib.sha256()
    for path in sorted((statements.SQL_FOLDER / "task_02").glob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _base(session: Session) -> Base | None:
    row = session.row("cycles/select_base", {"days": MOST_DAYS})
    if row is None:
        return None
    window = Window(row["window_start"], row["window_end"])
    return Base(row["cycle_id"], row["cycle_key"], window, row["inputs"])


def _why_full(base: Base | None, inputs: Mapping[str, Any]) -> str:
    """Empty if it need not be."""
    unguarded = [name for name in KEYS_OF_INPUTS if name not in inputs["files"]]
    if unguarded:
        tables = ", ".join(unguarded)
        return f"deleted rows of {tables} are not noted; run: conflict-pipeline schema apply"
    if base is None:
        return f"no cycle of the last {MOST_DAYS} days has noted its inputs and completed"
    reasons = [text for name, text in _CONCERNS_EVERY_ROW.items() if base.inputs.get(name) != inputs[name]]
    rewritten = [name for name, file in inputs["files"].items() if base.inputs["files"].get(name) != file]
    if rewritten:
        reasons.append(f"{', '.join(sorted(rewritten))} was emptied, rewritten or replaced")
    return "; ".join(reasons)
