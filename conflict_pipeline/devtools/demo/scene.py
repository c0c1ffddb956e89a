"""What the edge cases are built with: an aide, patients and visits of their own for each of them."""

from collections.abc import Sequence
from random import Random

from conflict_pipeline.devtools.demo.days import Calendar, Day
from conflict_pipeline.devtools.demo.directory import Directory, changed
from conflict_pipeline.devtools.demo.entities import Aide, Billing, Caregiver, Patient, Provider, Row
from conflict_pipeline.devtools.demo.pairs import Cluster, Pair
from conflict_pipeline.devtools.demo.places import TOWNS
from conflict_pipeline.devtools.demo.population import Population, add_patient, names, ssn
from conflict_pipeline.devtools.demo.shifts import HOUR, Times
from conflict_pipeline.devtools.demo.visits import UNKNOWN, Visit, Visits

# Beyond the numbers of the ordinary aides, whose SSNs are made of them.
_FIRST_AIDE = 10_000_000
# Visits of edge cases are of these days before today, in turn.
_DAYS = (8, 15, 23, 40, 61, 90, 140, 200, 290, 365, 480, 600)

Point = tuple[float, float]
Gps = tuple[str | None, str | None]


def at(hour: int, minute: int = 0, second: int = 0) -> int:
    """Seconds after midnight."""
    return hour * HOUR + minute * 60 + second


def planned(start: int | None, end: int | None) -> Times:
    """An open visit."""
    return (start, end), UNKNOWN


def done(start: int | None, end: int | None, scheduled: tuple[int, int] | None = None) -> Times:
    """A done visit; its schedule makes no difference unless given."""
    return scheduled or (at(9), at(13)), (start, end)


# Two times that overlap, and two that leave time to get anywhere in a region.
MORNING, LATE_MORNING, EVENING = done(at(9), at(13)), done(at(10), at(14)), done(at(18), at(20))


class Scene:
    """Collects `clusters`; `directory` takes whoever an edge case needs besides."""

    def __init__(
        self, directory: Directory, population: Population, calendar: Calendar, visits: Visits, rng: Random
    ) -> None:
        self.directory = directory
        self.calendar = calendar
        self.clusters: list[Cluster] = []
        self._population = population
        self._visits = visits
        self._rng = rng
        self._aides = 0

    def new_ssn(self) -> str:
        self._aides += 1
        return ssn(_FIRST_AIDE + self._aides)

    def providers(self, count: int) -> list[Provider]:
        """Ordinary providers, others every time."""
        ordinary = self._population.providers
        return [ordinary[(self._aides * 5 + index) % len(ordinary)] for index in range(count)]

    def aide(
        self, providers: Sequence[Provider] = (), ssn_texts: Sequence[str | None] = (), count: int = 2
    ) -> Aide:
        """An aide of `providers`, or of `count` ordinary ones; `ssn_texts`: as each has recorded the SSN."""
        own_ssn = self.new_ssn()
        providers = providers or self.providers(count)
        texts = ssn_texts or [own_ssn] * len(providers)
        own_names = names(self._rng)
        caregivers = tuple(
            self.directory.add_caregiver(own_names, text, provider)
            for text, provider in zip(texts, providers, strict=True)
        )
        return Aide(_FIRST_AIDE + self._aides, providers[0].region, own_ssn, caregivers)

    def patient(self, point: Point | None = None, *, with_address: bool = True) -> Patient:
        return add_patient(self.directory, self._rng, TOWNS[0], point, with_address=with_address)

    def day(self) -> Day:
        return self.calendar.day(-_DAYS[self._aides % len(_DAYS)])

    def billing(self) -> Billing:
        return self._population.billings[self._aides % len(self._population.billings)]

    def visit(
        self,
        caregiver: Caregiver,
        times: Times = MORNING,
        *,
        day: Day | None = None,
        patient: Patient | None = None,
        gps: Gps | None = None,
        bad_gps: int = 0,
        qualifies: bool = True,
        exists: bool = True,
        billing: Billing | None = None,
        fact: Row | None = None,
    ) -> Visit:
        """A visit near the address of `patient`; `fact` are columns that differ from an ordinary one's."""
        day, patient, billing = day or self.day(), patient or self.patient(), billing or self.billing()
        scheduled, actual = times
        texts = gps or (patient.gps[0], patient.gps[1])
        row = changed(
            self._visits.row(caregiver, patient, billing, day, scheduled, actual, texts), fact or {}
        )
        return Visit(row, caregiver, patient, billing, day, scheduled, bad_gps, qualifies and exists, exists)

    def pair(
        self,
        one: Visit,
        other: Visit,
        *rules: str,
        back: tuple[str, ...] | None = None,
        changes: Row | None = None,
        has_parents: bool = True,
    ) -> None:
        """Rows for (one, other), where `rules` hold, and for (other, one), where `back` do if they differ."""
        changes = changes or {}
        pairs = [
            Pair(one, other, rules, changes),
            Pair(other, one, rules if back is None else back, changes),
        ]
        self.clusters.append(Cluster([one] if one is other else [one, other], pairs, has_parents))

    def collide(self, aide: Aide, *rules: str, day: Day | None = None, changes: Row | None = None) -> None:
        """Two ordinary done visits of the aide that overlap, if a rule is given; hours apart otherwise."""
        second = LATE_MORNING if rules else EVENING
        one = self.visit(aide.caregivers[0], MORNING, day=day)
        other = self.visit(aide.caregivers[1], second, day=day)
        self.pair(one, other, *rules, changes=changes)
