"""The figures of the HTML report: the results of the statements in sql/report/ for a completed cycle.

The definition of a figure is the comment on top of its statement; the page quotes it. All figures are
computed in one transaction from the same temporary tables, so they agree with one another.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from conflict_pipeline import statements
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings

Row = dict[str, Any]

# Maximum number of lines of a list or a heatmap.
LIMITS = {"providers": 12, "provider_pairs": 15, "payers": 10, "aides": 20, "oldest": 15, "cycles": 12}
# Number of squares of the heatmap of impossible travel, in each direction.
GRID = 40

_PREPARED = (
    ("report/create_report_row", "row_id, visit_id, con_visit_id"),
    ("report/create_report_before", "row_id"),
    ("report/create_report_visit", "visit_id"),
    ("report/create_report_pair", "first_row_id, visit_id, con_visit_id"),
)
_STATEMENTS = (
    "report/select_totals",
    "report/select_changes",
    "report/select_status_moves",
    "report/select_rules",
    "report/select_statuses",
    "report/select_months",
    "report/select_hours",
    "report/select_provider_matrix",
    "report/select_provider_pairs",
    "report/select_payers",
    "report/select_travel_range",
    "report/select_travel_bands",
    "report/select_travel",
    "report/select_aides",
    "report/select_oldest",
    "report/select_quality",
    "report/select_last_cycles",
)
_ARROW_TYPES: Mapping[str, pa.DataType] = {
    "int8": pa.int64(),
    "int4": pa.int32(),
    "float8": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "varchar": pa.string(),
    "bpchar": pa.string(),
}


@dataclass(frozen=True)
class Figure:
    """The result of one statement; `definition` is its comment, which explains how the rows were counted."""

    name: str
    definition: str
    schema: pa.Schema
    rows: list[Row]

    def as_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table whose types do not depend on the values that were found."""
        return pa.Table.from_pylist(self.rows, schema=self.schema)


@dataclass(frozen=True)
class Report:
    """All figures of one completed cycle by name; `shows_names` says whether they hold names of aides."""

    cycle: Cycle
    shows_names: bool
    computed_at: datetime
    seconds: float
    figures: dict[str, Figure]

    @property
    def closed_at(self) -> str:
        """The end of the cycle in its time zone."""
        at = (self.cycle.closed_at or self.computed_at).astimezone(ZoneInfo(self.cycle.time_zone))
        return f"{at:%Y-%m-%d %H:%M}"

    def rows(self, name: str) -> list[Row]:
        return self.figures[name].rows

    def row(self, name: str) -> Row:
        """Return the only row of a figure that always has one."""
        (row,) = self.rows(name)
        return row


def compute(session: Session, cycle: Cycle, settings: Settings) -> Report:
    """Compute all figures of the cycle.

    Raises PipelineError unless the cycle is completed, because before that only some of its rows are updated.
    """
    if cycle.state != "completed":
        raise PipelineError(
            f"Cycle {cycle.cycle_key} is {cycle.state}: an HTML report needs a completed cycle. "
            "Run the job conflict_report, which completes one."
        )
    started = time.monotonic()
    values: dict[str, Any] = {
        **LIMITS,
        "cycle_id": cycle.cycle_id,
        "window_start": cycle.window_start,
        "window_end": cycle.window_end,
        "conflict_schema": session.schema_names["conflict"],
        "shows_names": settings.report_shows_names,
        "max_plausible_amount": settings.report_max_plausible_amount,
    }
    figures = {}
    with session.transaction():
        # Every statement has to see the same rows.
        session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.use_time_zone(cycle.time_zone)
        # Only one session at a time computes figures, so it can afford to keep its hash tables in memory.
        session.conn.execute("SET LOCAL work_mem = '128MB'")
        for statement, columns in _PREPARED:
            session.execute(statement, values)
            table = statement.rpartition("create_")[2]
            # Autovacuum does not analyze temporary tables.
            session.conn.execute(f"ANALYZE {table} ({columns})")
        for statement in _STATEMENTS:
            figure = _read(session, statement, values)
            figures[figure.name] = figure
            if figure.name == "travel_bands":
                values |= travel_grid(figures["travel_range"].rows[0], figure.rows)
    return Report(
        cycle=cycle,
        shows_names=settings.report_shows_names,
        computed_at=datetime.now(UTC),
        seconds=time.monotonic() - started,
        figures=figures,
    )


def travel_grid(travel_range: Row, bands: list[Row]) -> dict[str, float]:
    """Return the grid of the travel heatmap: the size of a square and the end of each axis.

    The grid covers the distances and minutes of 99 of 100 pairs, and the travel time for these distances.
    """
    most_miles = float(travel_range["most_miles"] or 0)
    needed = [
        min(band["to_miles"], most_miles) / band["miles_per_hour"] * 60
        for band in bands
        if band["miles_per_hour"] and band["from_miles"] < most_miles
    ]
    mile_step = _round_up(most_miles * 1.02 / GRID)
    minute_step = _round_up(max([float(travel_range["most_minutes"] or 0), *needed]) * 1.02 / GRID)
    return {
        "mile_step": mile_step,
        "most_miles": mile_step * GRID,
        "minute_step": minute_step,
        "most_minutes": minute_step * GRID,
    }


def _round_up(number: float) -> float:
    """Return the next round number, at least 1 because the columns hold whole minutes."""
    number = max(number, 1.0)
    power = 10.0 ** math.floor(math.log10(number))
    return next(factor * power for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if factor * power >= number)


def _read(session: Session, statement: str, values: Mapping[str, Any]) -> Figure:
    cursor = session.execute(statement, values)
    types = session.conn.adapters.types
    schema = pa.schema(
        [
            (column.name, _arrow_type(types[column.type_code].name, column))
            for column in cursor.description or ()
        ]
    )
    name = statement.rpartition("select_")[2]
    return Figure(name, statements.comment(statement), schema, cursor.fetchall())


def _arrow_type(name: str, column: Any) -> pa.DataType:
    if name == "numeric":
        return pa.decimal128(column.precision or 38, column.scale or 0)
    return _ARROW_TYPES[name]
