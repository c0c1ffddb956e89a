"""What one cycle must find in the sample, known from how the sample was made."""

from collections import Counter
from dataclasses import dataclass

from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.devtools.demo.pairs import Pair
from conflict_pipeline.devtools.demo.visits import Visit
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS


@dataclass(frozen=True)
class SampleCounts:
    """Rows of conflictvisitmaps, unless said otherwise, as rules.md counts them in report time zone UTC.

    `eligible` is the sum of `redetected`, `not_redetected` and `guarded`. `redetected_by_rule` has a count
    for the column of every rule. `bad_gps` counts the unreadable texts of the qualifying visits that eligible
    rows name, each visit once; `orphans` the eligible rows without a parent; `outside_window` and
    `without_conflict_id` the rows that are not eligible, by reason; `snapshot` the rows that the snapshot
    has; `reminders_…` the reminders that the step reminders inserts and refreshes; `tables` the rows of each
    filled table.
    """

    eligible: int
    redetected: int
    not_redetected: int
    guarded: int
    redetected_by_rule: dict[str, int]
    bad_gps: int
    orphans: int
    outside_window: int
    without_conflict_id: int
    snapshot: int
    reminders_inserted: int
    reminders_refreshed: int
    tables: dict[str, int]


class Tally:
    """Counts rows as they are created."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._counts: Counter[str] = Counter()
        self._rules: Counter[str] = Counter()
        self.tables: Counter[str] = Counter()

    def count(self, pair: Pair, row: Row, *, has_parent: bool) -> bool:
        """Count one row of conflictvisitmaps; return whether it is eligible."""
        if not self._calendar.contains(row["VisitDate"]):
            self._counts["outside_window"] += 1
            return False
        if row["CONFLICTID"] is None:
            self._counts["without_conflict_id"] += 1
            return False
        self._counts["snapshot" if has_parent else "orphans"] += 1
        if any(row[name] is not None for name in GUARD_COLUMNS):
            self._counts["guarded"] += 1
        elif pair.rules:
            self._counts["redetected"] += 1
            self._rules.update(pair.rules)
        else:
            self._counts["not_redetected"] += 1
        return True

    def count_gps(self, visit: Visit) -> None:
        """Count the unreadable texts of a visit that an eligible row names. Call it once for each visit."""
        if visit.exists and visit.qualifies:
            self._counts["bad_gps"] += visit.bad_gps

    def result(self, reminders_inserted: int, reminders_refreshed: int) -> SampleCounts:
        counts = self._counts
        return SampleCounts(
            eligible=counts["redetected"] + counts["not_redetected"] + counts["guarded"],
            redetected=counts["redetected"],
            not_redetected=counts["not_redetected"],
            guarded=counts["guarded"],
            redetected_by_rule={rule: self._rules[rule] for rule in RULE_COLUMNS},
            bad_gps=counts["bad_gps"],
            orphans=counts["orphans"],
            outside_window=counts["outside_window"],
            without_conflict_id=counts["without_conflict_id"],
            snapshot=counts["snapshot"],
            reminders_inserted=reminders_inserted,
            reminders_refreshed=reminders_refreshed,
            tables=dict(sorted(self.tables.items())),
        )
