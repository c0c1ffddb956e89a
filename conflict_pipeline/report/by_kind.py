"""Blocks about the rules that conflicts satisfy, their status, and when they occur."""

from collections.abc import Sequence

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.report import bar_charts, heatmaps
from conflict_pipeline.report.figures import Report, Row, travel_grid
from conflict_pipeline.report.page import Block, Table, chart_block, money, number

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MILE_CLASSES = 8


def rules(report: Report) -> Block:
    rows = [{**row, "name": RULE_COLUMNS[row["rule"]]} for row in report.rows("rules")]
    most = max(rows, key=lambda row: int(row["pairs"]))
    return chart_block(
        "rules",
        "Conflicts by rule",
        f"Most frequent: {most['name']}." if most["pairs"] else "",
        rows if most["pairs"] else [],
        lambda label: bar_charts.bars(rows, label, name="name", value="pairs"),
        Table(
            ("rule", "condition", "conflicts", "rows"),
            [(row["rule"], row["name"], number(row["pairs"]), number(row["rows"])) for row in rows],
            (2, 3),
        ),
    )


def statuses(report: Report) -> Block:
    rows = [
        {
            **row,
            "name": row["status"] or "(none)",
            "detected": row["detected_rows"],
            "not detected": row["not_detected_rows"],
        }
        for row in report.rows("statuses")
    ]
    return chart_block(
        "statuses",
        "Rows by status",
        "Rows that the last cycle detected, and rows that it did not detect again or that are guarded.",
        rows,
        lambda label: bar_charts.split_bars(rows, label, name="name", parts=("detected", "not detected")),
        Table(
            ("status", "detected", "not detected"),
            [(row["name"], number(row["detected"]), number(row["not detected"])) for row in rows],
            (1, 2),
        ),
    )


def months(report: Report) -> Block:
    rows = report.rows("months")
    return chart_block(
        "months",
        "Conflicts by month of the visit",
        "The first and the last month are incomplete.",
        rows if any(row["pairs"] for row in rows) else [],
        lambda label: bar_charts.columns(rows, label, value="pairs", axis="conflicts"),
        _month_table(rows),
    )


def amounts(report: Report) -> Block:
    rows = report.rows("months")
    return chart_block(
        "months",
        "Billed amount by month of the visit",
        "Each visit in conflict is counted once.",
        rows if any(row["amount"] for row in rows) else [],
        lambda label: bar_charts.columns(rows, label, value="amount", axis="billed amount"),
        _month_table(rows),
        empty="No visit in conflict has been billed.",
    )


def _month_table(rows: Sequence[Row]) -> Table:
    return Table(
        ("month", "conflicts", "billed amount"),
        [(f"{row['month']:%B %Y}", number(row["pairs"]), money(row["amount"])) for row in rows],
        (1, 2),
    )


def hours(report: Report) -> Block:
    rows = report.rows("hours")
    pairs = {(row["weekday"], row["hour"]): row["pairs"] for row in rows}
    return chart_block(
        "hours",
        "Conflicts by weekday and hour",
        "The hour in which the earlier of the two visits starts.",
        rows,
        lambda label: heatmaps.hours(rows, label),
        Table(
            ("hour", *_DAYS),
            [
                (f"{hour:02}:00", *(number(pairs.get((day, hour), 0)) for day in range(1, 8)))
                for hour in range(24)
            ],
            range(1, 8),
        ),
        is_wide=True,
    )


def travel(report: Report) -> Block:
    found, rows = report.row("travel_range"), report.rows("travel")
    bands = report.rows("travel_bands")
    grid = travel_grid(found, bands)
    text = ""
    if found["pairs"]:
        miles, minutes, needed = (found[f"median_{name}"] for name in ("miles", "minutes", "eta_minutes"))
        # Rows that keep DistanceFlag Y have no travel time where no band covers their distance any more.
        medians = f"{miles:,.1f} miles apart, {minutes:,.0f} minutes available"
        medians += "" if needed is None else f", {needed:,.0f} minutes needed"
        text = f"Medians of {number(found['pairs'])} conflicts: {medians}. "
        beyond = found["pairs"] - sum(row["pairs"] for row in rows)
        text += f"Conflicts outside the chart: {number(beyond)}." if beyond else ""
    return chart_block(
        "travel",
        "Distance between the two visits and time available",
        text,
        rows,
        lambda label: heatmaps.travel(rows, bands, grid, label),
        _mile_table(rows, grid),
        is_wide=True,
    )


def _mile_table(rows: Sequence[Row], grid: dict[str, float]) -> Table:
    step = grid["most_miles"] / _MILE_CLASSES
    table = []
    for place in range(_MILE_CLASSES):
        low, high = place * step, (place + 1) * step
        inside = [row for row in rows if low <= row["miles"] < high]
        if inside:
            last = max(row["minutes"] for row in inside) + grid["minute_step"]
            pairs = number(sum(row["pairs"] for row in inside))
            table.append(
                (f"{low:g} to {high:g}", pairs, f"{min(row['minutes'] for row in inside):g} to {last:g}")
            )
    return Table(("miles", "conflicts", "minutes available"), table, (1, 2))
