"""Blocks about totals, changes, the last cycles and the quality of the data."""

from conflict_pipeline.report import bar_charts
from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.page import Block, Card, Table, money, number

_QUALITY = {
    "unreadable GPS texts": "GPS texts of visits that cannot be read as coordinates",
    "one actual time": "Rows with a visit that has only one of its two actual times",
    "no times": "Rows with a visit without usable times",
    "no distance": "Detected rows without a distance, because a visit has no coordinates",
    "no speed": "Rows with a distance outside all speed bands, or in a band without a speed",
    "no SSN": "Rows without an SSN",
    "no payer": "Detected rows without a payer",
    "cut names": "Rows with a name that fills its column and was probably cut",
}


def totals(report: Report) -> Block:
    found = report.row("totals")
    implausible = found["implausible_visits"]
    note = (
        f"excludes {implausible:,} implausible: {money(found['implausible_amount'])}" if implausible else ""
    )
    return Block(
        "totals",
        "Detected by the last cycle",
        cards=[
            Card(number(found["pairs"]), "conflicts", "pairs of visits, each counted once"),
            Card(number(found["visits"]), "visits in conflict", f"at {number(found['providers'])} providers"),
            Card(number(found["aides"]), "aides involved"),
            Card(money(found["amount"]), "billed for these visits", note),
            Card(money(found["primary_amount"]), "billed on the primary side"),
            Card(money(found["conflicting_amount"]), "billed on the conflicting side"),
            Card(
                number(found["rows"]), "rows detected", f"of {number(found['eligible_rows'])} eligible rows"
            ),
            Card(
                number(found["not_redetected_rows"]),
                "rows no longer detected",
                f"and {number(found['guarded_rows'])} guarded because of in-service or time off",
            ),
        ],
        is_wide=True,
    )


def changes(report: Report) -> Block:
    found = report.row("changes")
    before = found["previous_cycle_key"]
    return Block(
        "changes",
        "Changes since the previous cycle",
        f"Compared with cycle {before} and with the snapshot taken before this one."
        if before
        else "Compared with the snapshot taken before this cycle.",
        cards=[
            Card(
                "unknown" if found["new_rows"] is None else number(found["new_rows"]),
                "new rows",
                "" if before else "this is the first completed cycle",
            ),
            Card(
                number(found["resolved_rows"]),
                "resolved rows",
                "no longer detected, no resolve date yet",
            ),
            Card(number(found["reopened_rows"]), "reopened rows", "detected and set back to status U"),
        ],
    )


def cycles(report: Report) -> Block:
    rows = [row for row in reversed(report.rows("last_cycles")) if row["state"] == "completed"]
    label = f"Detected rows of the last {len(rows)} completed cycles"
    return Block(
        "last_cycles",
        "The last cycles",
        "Rows that each completed cycle detected. An incremental cycle only looks at what may have changed.",
        chart=bar_charts.cycles(rows, label),
        table=Table(
            ("cycle", "mode", "rows", "detected", "not detected", "rows/s", "seconds", "repeated attempts"),
            [
                (
                    row["cycle_key"],
                    row["mode"],
                    *(number(row[name]) for name in ("rows", "redetected", "not_redetected")),
                    number(round(row["rows_per_second"] or 0)),
                    f"{row['seconds']:,.1f}",
                    number(row["repeated_attempts"]),
                )
                for row in reversed(rows)
            ],
            range(2, 8),
            stacks=True,
        ),
    )


def quality(report: Report) -> Block:
    rows = [(_QUALITY[row["issue"]], number(row["count"])) for row in report.rows("quality")]
    return Block("quality", "Data quality", table=Table(("issue", "count"), rows, (1,)))


def status_moves(report: Report) -> Block:
    return Block(
        "status_moves",
        "Status before and after the cycle",
        table=Table(
            ("before", "after", "detected", "not detected"),
            [
                (
                    row["status_before"] or "(none)",
                    row["status_now"] or "(none)",
                    number(row["detected_rows"]),
                    number(row["not_detected_rows"]),
                )
                for row in report.rows("status_moves")
            ],
            (2, 3),
        ),
        empty="The snapshot is empty.",
    )
