"""Blocks about the providers, payers and aides in conflicts."""

from conflict_pipeline.report import bar_charts, heatmaps
from conflict_pipeline.report.figures import LIMITS, Report
from conflict_pipeline.report.page import NO_CONFLICTS, Block, Table, chart_block, money, number

_MATRIX_SIZE_ON_PHONE = 6


def matrix(report: Report) -> Block:
    rows = report.rows("provider_matrix")
    names = {row["rank"]: row["provider_name"] or row["provider_id"] for row in rows}
    pairs = {(row["rank"], row["con_rank"]): row["pairs"] for row in rows}
    ranks = sorted(names)
    most = LIMITS["providers"]
    return chart_block(
        "provider_matrix",
        "Conflicts between providers",
        f"The {len(ranks)} providers with the most conflicts. The numbers at the top refer to the lines. "
        f"On a phone, only the first {_MATRIX_SIZE_ON_PHONE} are shown.",
        rows,
        lambda label: heatmaps.matrix(rows, label, full=most, short=_MATRIX_SIZE_ON_PHONE),
        Table(
            ("provider", *(str(rank) for rank in ranks)),
            [
                (f"{one} {names[one]}", *(number(pairs.get((one, other), 0)) for other in ranks))
                for one in ranks
            ],
            range(1, len(ranks) + 1),
        ),
        is_wide=True,
    )


def provider_pairs(report: Report) -> Block:
    rows = report.rows("provider_pairs")
    return Block(
        "provider_pairs",
        "Pairs of providers with the most conflicts",
        table=Table(
            ("provider", "other provider", "conflicts", "aides", "billed amount"),
            [
                (
                    row["provider_name"] or row["provider_id"],
                    row["con_provider_name"] or row["con_provider_id"],
                    number(row["pairs"]),
                    number(row["aides"]),
                    money(row["amount"]),
                )
                for row in rows
            ],
            (2, 3, 4),
            stacks=True,
        ),
        is_wide=True,
        empty=NO_CONFLICTS,
    )


def payers(report: Report) -> list[Block]:
    titles = {
        "payer": "Visits in conflict by payer",
        "contract type": "Visits in conflict by contract type",
        "state": "Visits in conflict by payer's state",
    }
    return [_payer_block(report, kind, title) for kind, title in titles.items()]


def _payer_block(report: Report, kind: str, title: str) -> Block:
    rows = [
        {**row, "name": "all others" if row["is_other"] else row["value"] or "(none)"}
        for row in report.rows("payers")
        if row["kind"] == kind
    ]
    return chart_block(
        "payers",
        title,
        "",
        rows,
        lambda label: bar_charts.bars(rows, label, name="name", value="visits"),
        Table(
            (kind, "visits", "billed visits", "billed amount"),
            [
                (row["name"], number(row["visits"]), number(row["billed_visits"]), money(row["amount"]))
                for row in rows
            ],
            (1, 2, 3),
        ),
        is_tall=kind == "payer",
    )


def aides(report: Report) -> Block:
    names = ("name",) if report.shows_names else ()
    return Block(
        "aides",
        "Aides with the most conflicts",
        table=Table(
            ("aide", *names, "providers", "conflicts", "days", "visits", "billed amount"),
            [
                (
                    row["caregiver_id"]
                    + (f" and {row['caregiver_ids'] - 1} more" if row["caregiver_ids"] > 1 else ""),
                    *((row["aide_name"] or "",) if names else ()),
                    *(number(row[name]) for name in ("providers", "pairs", "days", "visits")),
                    money(row["amount"]),
                )
                for row in report.rows("aides")
            ],
            range(1 + len(names), 6 + len(names)),
            stacks=True,
        ),
        is_wide=True,
        empty=NO_CONFLICTS,
    )


def oldest(report: Report) -> Block:
    return Block(
        "oldest",
        "Conflicts unresolved for longest",
        table=Table(
            ("conflict", "visit date", "visits", "aide", "providers", "status", "days"),
            [
                (
                    str(row["conflict_id"]),
                    str(row["visit_date"]),
                    f"{row['visit_id']} and {row['con_visit_id']}",
                    row["caregiver_id"] or "",
                    f"{row['provider_name'] or '?'} and {row['con_provider_name'] or '?'}",
                    row["status"] or "(none)",
                    number(row["days"]),
                )
                for row in report.rows("oldest")
            ],
            (6,),
            unbroken=(0, 1, 2, 3),
            stacks=True,
        ),
        is_wide=True,
        empty=NO_CONFLICTS,
    )
