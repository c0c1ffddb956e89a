"""What one cycle of Task 02 leaves behind (rules.md, "Rows")."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from conflict_pipeline.postgres import tables
from conflict_pipeline_tests.reference.columns import Columns, pair_columns
from conflict_pipeline_tests.reference.dimensions import Row, Tables
from conflict_pipeline_tests.reference.numbers import stored
from conflict_pipeline_tests.reference.rules import rules_that_hold
from conflict_pipeline_tests.reference.travel import travel_between
from conflict_pipeline_tests.reference.visits import Visit, qualifying_visits

# Stands in "UpdatedDate" for the time of the update.
NOW: Final = "now"

GUARD_COLUMNS = (
    *("InserviceStartDate", "InserviceEndDate", "PTOStartDate", "PTOEndDate"),
    *("ConInserviceStartDate", "ConInserviceEndDate", "ConPTOStartDate", "ConPTOEndDate"),
)


@dataclass
class Expected:
    """conflictvisitmaps after the cycle, all columns by "ID", and the counts of the whole cycle.

    `redetected`, `not_redetected` and `guarded` add up to `eligible`; `by_rule` counts re-detected rows
    by rule column; `bad_gps` counts unreadable texts, call-in and call-out each for itself,
    and `bad_times` times that are none.
    """

    rows: dict[Decimal, Columns] = field(default_factory=dict)
    eligible: int = 0
    redetected: int = 0
    not_redetected: int = 0
    guarded: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    bad_gps: int = 0
    bad_times: int = 0


def expected_after_cycle(
    tables: Tables, window_start: date, window_end: date, timezone: ZoneInfo
) -> Expected:
    """The outcome of one cycle over `tables`: table name to rows as psycopg's dict_row returns them.

    A table that is not given is empty. Raises ValueError unless settings holds exactly one row.
    """
    if len(tables.get("settings", [])) != 1:
        raise ValueError("settings must hold exactly one row")
    visits = qualifying_visits(tables, window_start, window_end, timezone)
    expected = Expected()
    named: set[str] = set()
    for row in tables.get("conflictvisitmaps", []):
        after = dict(row)
        expected.rows[row["ID"]] = after
        if is_eligible(row, window_start, window_end):
            named |= {row["VisitID"], row["ConVisitID"]} & visits.keys()
            process(tables, visits, after, expected)
    expected.bad_gps = sum(visits[visit_id].bad_gps for visit_id in named)
    expected.bad_times = sum(visits[visit_id].bad_times for visit_id in named)
    return expected


def process(tables: Tables, visits: dict[str, Visit], row: Columns, expected: Expected) -> None:
    """Mark one eligible row, update it if it is re-detected and not guarded, and count it."""
    expected.eligible += 1
    row["UpdateFlag"] = Decimal(1)
    if any(row[column] is not None for column in GUARD_COLUMNS):
        expected.guarded += 1
        return
    primary, conflicting = visits.get(row["VisitID"]), visits.get(row["ConVisitID"])
    if primary and conflicting and can_conflict(primary, conflicting):
        travel = travel_between(primary, conflicting, tables["settings"][0], tables.get("mph", []))
        holding = rules_that_hold(primary, conflicting, travel)
        if any(holding.values()):
            expected.redetected += 1
            expected.by_rule.update(name for name, holds in holding.items() if holds)
            update(row, pair_columns(primary, conflicting, travel), holding)
            return
    expected.not_redetected += 1


def update(row: Columns, pair: Columns, holding: dict[str, bool]) -> None:
    new = {
        **pair,
        **{name: rule_flag(row[name], holds=holds) for name, holds in holding.items()},
        "StatusFlag": status_flag(row["StatusFlag"]),
        "ResolveDate": None,
        "UpdateFlag": None,
    }
    types = column_types()
    row.update({name: stored(value, types[name]) for name, value in new.items()})
    row["UpdatedDate"] = NOW


def is_eligible(row: Row, window_start: date, window_end: date) -> bool:
    day = row["VisitDate"]
    return row["CONFLICTID"] is not None and day is not None and window_start <= day <= window_end


def can_conflict(primary: Visit, conflicting: Visit) -> bool:
    return (
        primary.fact["Visit Date"] == conflicting.fact["Visit Date"]
        and primary.ssn == conflicting.ssn
        and primary.fact["Provider Id"] != conflicting.fact["Provider Id"]
    )


def rule_flag(old: str | None, *, holds: bool) -> str | None:
    """Only N changes; Y and NULL stay."""
    if old != "N":
        return old
    return "Y" if holds else "N"


def status_flag(old: str | None) -> str | None:
    """W and I and NULL stay."""
    return old if old in ("W", "I", None) else "U"


@cache
def column_types() -> dict[str, str]:
    return {column.name: column.type_name for column in tables.get_table("conflictvisitmaps").columns}
