"""What the page shows, in which order."""

from conflict_pipeline.report import by_kind, by_party, overview
from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.page import Section


def sections(report: Report) -> list[Section]:
    """The page's sections, from how much to how sure."""
    return [
        Section(
            "total",
            "How many, and how much money",
            [overview.totals(report), overview.changes(report), overview.cycles(report)],
        ),
        Section("kind", "Of which kind", [by_kind.rules(report), by_kind.statuses(report)]),
        Section("time", "When", [by_kind.months(report), by_kind.amounts(report), by_kind.hours(report)]),
        Section("providers", "Between whom", [by_party.matrix(report), by_party.provider_pairs(report)]),
        Section("payers", "Who pays", by_party.payers(report)),
        Section("travel", "Impossible travel", [by_kind.travel(report)]),
        Section("aides", "Where to look first", [by_party.aides(report), by_party.oldest(report)]),
        Section("quality", "What the data lacks", [overview.quality(report), overview.status_moves(report)]),
    ]
