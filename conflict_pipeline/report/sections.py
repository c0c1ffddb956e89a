"""The sections of the page and the order of their blocks."""

from conflict_pipeline.report import by_kind, by_party, overview
from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.page import Section


def sections(report: Report) -> list[Section]:
    """Return the sections of the page, from the totals to the quality of the data."""
    return [
        Section(
            "total",
            "Totals",
            [overview.totals(report), overview.changes(report), overview.cycles(report)],
        ),
        Section("kind", "Kinds of conflicts", [by_kind.rules(report), by_kind.statuses(report)]),
        Section(
            "time",
            "Dates and times",
            [by_kind.months(report), by_kind.amounts(report), by_kind.hours(report)],
        ),
        Section("providers", "Providers", [by_party.matrix(report), by_party.provider_pairs(report)]),
        Section("payers", "Payers", by_party.payers(report)),
        Section("travel", "Impossible travel", [by_kind.travel(report)]),
        Section("aides", "Where to look first", [by_party.aides(report), by_party.oldest(report)]),
        Section("quality", "Data quality", [overview.quality(report), overview.status_moves(report)]),
    ]
