"""A handful of awkward rows with known outcomes: they show that such input does no harm (docs/rules.md).

The boundary cases of the rules are not here: the tests of the steps have them.
"""

import math
from random import Random

from conflict_pipeline.devtools.demo.days import Calendar, Day
from conflict_pipeline.devtools.demo.directory import Directory, changed
from conflict_pipeline.devtools.demo.entities import Aide, Caregiver, Provider, Row
from conflict_pipeline.devtools.demo.pairs import VISITS_OVERLAP, Cluster, Pair
from conflict_pipeline.devtools.demo.places import TOWNS
from conflict_pipeline.devtools.demo.population import Population, add_patient, random_name, ssn
from conflict_pipeline.devtools.demo.shifts import HOUR, MINUTE, Times
from conflict_pipeline.devtools.demo.visits import UNKNOWN, Visit, Visits
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS

_MIN_LARGE_KEY_ROWS = 60
_LARGE_KEY_SHARE = 0.006
# Ordinary aides have smaller numbers, from which their SSNs are derived.
_FIRST_AIDE = 10_000_000
_SCHEDULED = (9 * HOUR, 13 * HOUR)
_MORNING: Times = (_SCHEDULED, (9 * HOUR, 13 * HOUR))
_LATE_MORNING: Times = (_SCHEDULED, (10 * HOUR, 14 * HOUR))
_EVENING: Times = (_SCHEDULED, (20 * HOUR, 22 * HOUR))
_LONG_NAME = (
    "Association of Very Long Names of Home Care and Companion Care Agencies of the Hudson Valley, Limited\\"
)
_UNREADABLE = "no signal"


class AwkwardRows:
    """Collects `clusters`, and adds the entities that they need to the directory."""

    def __init__(
        self, directory: Directory, population: Population, calendar: Calendar, visits: Visits, rng: Random
    ) -> None:
        self.clusters: list[Cluster] = []
        self._directory = directory
        self._population = population
        self._calendar = calendar
        self._visits = visits
        self._rng = rng
        self._aides = 0

    def add_all(self, conflict_rows: int) -> list[Cluster]:
        """Add every case and return the clusters; only the large key grows with `conflict_rows`."""
        self._add_excluded()
        self._add_unusable_visits()
        self._add_odd_values()
        self._add_odd_rows()
        self._add_window_ends()
        self._add_large_key(conflict_rows)
        return self.clusters

    def _add_excluded(self) -> None:
        """Add an excluded agency, an excluded SSN, and an agency that is not active."""
        excluded = self._provider("Porchlight Excluded Agency")
        self._directory.rows["excluded_agency"].append(
            {
                "ID": 1,
                "AgencyName": excluded.before["ProviderName"],
                "ProviderID": excluded.before["ProviderID"],
                "AppProviderID": None,
            }
        )
        closed = self._provider("Porchlight Closed Agency", **{"Is Active": False})
        for provider in (excluded, closed):
            one, other = self._aide(provider).caregivers
            # The text of a visit that takes no part is not read, so it is not counted either.
            left_out = self._visit(one, gps=_UNREADABLE, qualifies=False)
            self._pair(left_out, self._visit(other, _LATE_MORNING))
        aide = self._aide()
        # Spaces around an SSN do not count.
        self._directory.rows["excluded_ssn"].append({"ID": 1, "SSN": f" {aide.ssn} "})
        one, other = aide.caregivers
        self._pair(self._visit(one, qualifies=False), self._visit(other, _LATE_MORNING, qualifies=False))

    def _add_unusable_visits(self) -> None:
        """Add a visit that was deleted, visits without times, and an aide without an SSN."""
        one, other = self._aide().caregivers
        self._pair(self._visit(one, gps=_UNREADABLE, exists=False), self._visit(other, _LATE_MORNING))
        one, other = self._aide().caregivers
        no_times: Times = (UNKNOWN, UNKNOWN)
        self._pair(self._visit(one, no_times), self._visit(other, no_times))
        one, other = self._aide(ssn_text="  ").caregivers
        self._pair(self._visit(one, qualifies=False), self._visit(other, _LATE_MORNING, qualifies=False))

    def _add_odd_values(self) -> None:
        """Add values that must not keep a row from being re-detected."""
        one, other = self._aide(self._provider(_LONG_NAME)).caregivers
        self._pair(self._visit(one), self._visit(other, _LATE_MORNING), VISITS_OVERLAP)
        facts: tuple[Row, ...] = (
            {"Office Id": "OF999999", "Service Code Id": None, "Visit Updated User Id": "US99999"},
            {"Billed": "yes", "Billed Rate": None},
            {"Call Out Device Type": "Zo\u00eb's\tphone\n\\N", "Missed Visit Reason": "x" * 500},
        )
        for fact in facts:
            one, other = self._aide().caregivers
            self._pair(self._visit(one, fact=fact), self._visit(other, _LATE_MORNING), VISITS_OVERLAP)
        one, other = self._aide().caregivers
        self._pair(self._visit(one, gps=_UNREADABLE), self._visit(other, _LATE_MORNING), VISITS_OVERLAP)
        one, other = self._aide().caregivers
        pole, after_midnight = "90,0", (_SCHEDULED, (21 * HOUR, 30 * HOUR))
        self._pair(self._visit(one, _EVENING, gps=pole), self._visit(other, after_midnight), VISITS_OVERLAP)

    def _add_odd_rows(self) -> None:
        """Add rows that are guarded, orphaned or repeated, or that differ from what their visits say."""
        states: tuple[Row, ...] = (
            dict.fromkeys(RULE_COLUMNS),
            {"SSN": None, "AideSSN": None, "ConAideSSN": None},
            {"SSN": ssn(_FIRST_AIDE)},
            {"CONFLICTID": None},
            {"VisitDate": None},
            {"VisitDate": self._calendar.day(-77).date},
            {"StatusFlag": None, "UpdateFlag": 1},
            *({guard: self._calendar.day(-8).at(9 * HOUR)} for guard in GUARD_COLUMNS),
        )
        for state in states:
            self._collide(changes=state)
        for column in ("VisitID", "ConVisitID"):
            one, other = self._aide().caregivers
            unknown = {column: "V9999999999"}
            self._pair(self._visit(one), self._visit(other, _LATE_MORNING), changes=unknown)
        for second, rules in ((_LATE_MORNING, (VISITS_OVERLAP,)), (_EVENING, ())):
            one, other = self._aide().caregivers
            self._pair(self._visit(one), self._visit(other, second), *rules, has_parents=False)
        one, other = self._aide().caregivers
        first, second_visit = self._visit(one), self._visit(other, _LATE_MORNING)
        self.clusters.append(
            Cluster([first, second_visit], [Pair(first, second_visit, (VISITS_OVERLAP,)) for _ in range(2)])
        )

    def _add_window_ends(self) -> None:
        """Add rows and visits on both sides of both ends of the window."""
        first, last = self._calendar.first_offset, self._calendar.last_offset
        for inside, outside in ((first, first - 1), (last, last + 1)):
            day, outer_day = self._calendar.day(inside), self._calendar.day(outside)
            self._collide(day=day)
            self._collide(day=day, changes={"VisitDate": outer_day.date})
            for row_day in (day, outer_day):
                one, other = self._aide().caregivers
                self._pair(
                    self._visit(one, day=outer_day, gps=_UNREADABLE, qualifies=False),
                    self._visit(other, _LATE_MORNING, day=outer_day, qualifies=False),
                    changes={"VisitDate": row_day.date},
                )

    def _add_large_key(self, conflict_rows: int) -> None:
        """Add one aide and one day with more than half a percent of all rows: visits that all overlap."""
        rows = max(_MIN_LARGE_KEY_ROWS, math.ceil(conflict_rows * _LARGE_KEY_SHARE))
        # Two providers with this many visits each make twice its square of rows.
        each = math.ceil(math.sqrt(rows / 2))
        caregivers, day = self._aide().caregivers, self._calendar.day(-5)
        visits = [
            self._visit(
                caregivers[number % 2],
                (_SCHEDULED, (6 * HOUR + number * MINUTE, 20 * HOUR + number * MINUTE)),
                day=day,
            )
            for number in range(2 * each)
        ]
        pairs = [
            Pair(one, other, (VISITS_OVERLAP,))
            for one in visits
            for other in visits
            if one.caregiver is not other.caregiver
        ]
        self.clusters.append(Cluster(visits, pairs))

    def _provider(self, name: str, **changes: bool) -> Provider:
        return self._directory.add_provider(name, "NY", 0, ("Brooklyn",), **changes)

    def _aide(self, provider: Provider | None = None, ssn_text: str | None = None) -> Aide:
        """An aide of two agencies, of which `provider` is one; `ssn_text` replaces the recorded SSN."""
        self._aides += 1
        own_ssn, name = ssn(_FIRST_AIDE + self._aides), random_name(self._rng)
        ordinary = self._population.providers
        employers = (provider or ordinary[0], ordinary[1 + self._aides % (len(ordinary) - 1)])
        text = own_ssn if ssn_text is None else ssn_text
        caregivers = tuple(self._directory.add_caregiver(name, text, employer) for employer in employers)
        return Aide(_FIRST_AIDE + self._aides, 0, own_ssn, caregivers)

    def _visit(
        self,
        caregiver: Caregiver,
        times: Times = _MORNING,
        *,
        day: Day | None = None,
        gps: str | None = None,
        qualifies: bool = True,
        exists: bool = True,
        fact: Row | None = None,
    ) -> Visit:
        """A visit; `gps` replaces the text of its call-in, and `fact` columns of its row."""
        day = day or self._calendar.day(-8 - 7 * (self._aides % 50))
        patient = add_patient(self._directory, self._rng, TOWNS[0])
        billing = self._population.billings[self._aides % len(self._population.billings)]
        row = self._visits.row(
            caregiver, patient, billing, day, *times, (gps or patient.gps[0], patient.gps[1])
        )
        return Visit(
            changed(row, fact or {}),
            caregiver,
            patient,
            billing,
            day,
            times[0],
            bad_gps=int(gps == _UNREADABLE),
            qualifies=qualifies and exists,
            exists=exists,
        )

    def _pair(
        self, one: Visit, other: Visit, *rules: str, changes: Row | None = None, has_parents: bool = True
    ) -> None:
        """Add the rows of both orders, for which `rules` hold; `changes` replaces columns of both."""
        pairs = [Pair(one, other, rules, changes or {}), Pair(other, one, rules, changes or {})]
        self.clusters.append(Cluster([one, other], pairs, has_parents))

    def _collide(self, *, day: Day | None = None, changes: Row | None = None) -> None:
        """Add two visits that overlap, of one aide."""
        one, other = self._aide().caregivers
        first, second = self._visit(one, day=day), self._visit(other, _LATE_MORNING, day=day)
        self._pair(first, second, VISITS_OVERLAP, changes=changes)
