"""What the page shows, in which order."""

from conflict_pipeline.report import kinds, overview, parties
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
        Section("kind", "Of which kind", [kinds.rules(report), kinds.statuses(report)]),
        Section("time", "When", [kinds.months(report), kinds.amounts(report), kinds.hours(report)]),
        Section("providers", "Between whom", [parties.matrix(report), parties.provider_pairs(report)]),
        Section("payers", "Who pays", parties.payers(report)),
        Section("travel", "Impossible travel", [kinds.travel(report)]),
        Section("aides", "Where to look first", [parties.aides(report), parties.oldest(report)]),
        Section("quality", "What the data lacks", [overview.quality(report), overview.status_moves(report)]),
    ]
