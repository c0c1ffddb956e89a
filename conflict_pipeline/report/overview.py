"""How many conflicts, how it goes on, and how sound the data is."""

from conflict_pipeline.report import bar_charts
from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.page import Block, Card, Table, money, number

_QUALITY = {
    "unreadable GPS texts": "GPS texts of visits that are no coordinates",
    "half times": "Rows with a visit that has only one of its actual times",
    "no times": "Rows with a visit without any times",
    "no distance": "Detected rows without a distance: a visit has no coordinates",
    "no speed": "Rows with a distance in no speed band, or in one without a speed",
    "no SSN": "Rows without an SSN",
    "no payer": "Detected rows without a payer",
    "names cut": "Rows with a name that fills its column: probably cut",
}


def totals(report: Report) -> Block:
    found = report.row("totals")
    implausible = found["implausible_visits"]
    note = f"without {implausible:,} implausible: {money(found['implausible_amount'])}" if implausible else ""
    return Block(
        "totals",
        "Detected by the last cycle",
        cards=[
            Card(number(found["pairs"]), "conflicts", "pairs of visits, each counted once"),
            Card(number(found["visits"]), "visits in conflict", f"of {number(found['providers'])} providers"),
            Card(number(found["aides"]), "aides involved"),
            Card(money(found["amount"]), "billed for these visits", note),
            Card(money(found["primary_amount"]), "of it on the primary side"),
            Card(money(found["conflicting_amount"]), "of it on the conflicting side"),
            Card(
                number(found["rows"]), "rows detected", f"of {number(found['eligible_rows'])} eligible rows"
            ),
            Card(
                number(found["not_redetected_rows"]),
                "rows not detected again",
                f"and {number(found['guarded_rows'])} guarded by in-service or time off",
            ),
        ],
        is_wide=True,
    )


def changes(report: Report) -> Block:
    found = report.row("changes")
    before = found["previous_cycle_key"]
    return Block(
        "changes",
        "Since the cycle before",
        f"Compared with the snapshot, and with cycle {before}." if before else "Compared with the snapshot.",
        cards=[
            Card(
                "unknown" if found["new_rows"] is None else number(found["new_rows"]),
                "rows newly found",
                "" if before else "no cycle was completed before this one",
            ),
            Card(
                number(found["resolved_rows"]), "rows resolved", "no longer detected, not yet noted as such"
            ),
            Card(number(found["reopened_rows"]), "rows reopened", "detected, and set back to U"),
        ],
    )


def cycles(report: Report) -> Block:
    rows = [row for row in reversed(report.rows("last_cycles")) if row["state"] == "completed"]
    label = f"Re-detected rows of the last {len(rows)} completed cycles"
    return Block(
        "last_cycles",
        "The last cycles",
        "Rows that each completed cycle detected; an incremental cycle looks only at what has changed.",
        chart=bar_charts.cycles(rows, label),
        table=Table(
            ("cycle", "mode", "rows", "re-detected", "not", "rows/s", "seconds", "repeated attempts"),
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
    return Block("quality", "Data quality", table=Table(("what", "count"), rows, (1,)))


def status_moves(report: Report) -> Block:
    return Block(
        "status_moves",
        "Status before and after the update",
        table=Table(
            ("before", "now", "detected", "marked"),
            [
                (
                    row["status_before"] or "(none)",
                    row["status_now"] or "(none)",
                    number(row["current_rows"]),
                    number(row["marked_rows"]),
                )
                for row in report.rows("status_moves")
            ],
            (2, 3),
        ),
        empty="The snapshot is empty.",
    )
