"""The bulk of the sample: visits of one aide that collide or nearly collide, and all other visits."""

from collections.abc import Iterator
from random import Random

from conflict_pipeline.devtools.demo import shifts
from conflict_pipeline.devtools.demo.days import Calendar, Day
from conflict_pipeline.devtools.demo.entities import Aide, Caregiver, Patient, Row
from conflict_pipeline.devtools.demo.pairs import Cluster, Pair
from conflict_pipeline.devtools.demo.population import Population
from conflict_pipeline.devtools.demo.shifts import HOUR
from conflict_pipeline.devtools.demo.visits import UNKNOWN, Span, Visit, Visits

_BAD_GPS = ("no signal", "40.7128", "40.7128;-74.0060", "GPS off", "0x28,0x4A", "91.0,-74.0", "1,2,3")
_STATUSES = ("U",) * 12 + ("R",) * 4 + ("N",) * 2 + ("D", "W", "I", None)
_GUARDED = (("InserviceStartDate", "InserviceEndDate"), ("ConPTOStartDate", "ConPTOEndDate"))
_KINDS = {
    past: ([kind for kind, _ in kinds], [weight for _, weight in kinds])
    for past, kinds in ((True, shifts.PAST), (False, shifts.AHEAD))
}


class OrdinaryVisits:
    """Creates clusters, and visits that belong to none; no aide has both on the same day."""

    def __init__(self, rng: Random, population: Population, calendar: Calendar, visits: Visits) -> None:
        self._rng = rng
        self._population = population
        self._calendar = calendar
        self._visits = visits
        self._used: set[tuple[int, int]] = set()
        self._aides = [aide for aide in population.aides if len(aide.caregivers) > 1]
        self._towns = [
            [town for town in population.by_town if town.region == region]
            for region in range(len(population.by_region))
        ]

    def clusters(self, rows: int) -> Iterator[Cluster]:
        """Yield clusters that have exactly `rows` rows in total."""
        while rows > 0:
            cluster = self._cluster(rows)
            rows -= len(cluster.pairs)
            yield cluster

    def visits(self, count: int) -> Iterator[Row]:
        """Yield the rows of `count` visits that no row of conflictvisitmaps names."""
        rng, population = self._rng, self._population
        calendar = self._calendar
        first, days = calendar.first_offset + 2, calendar.last_offset - 2 - calendar.first_offset
        for _ in range(count):
            aide = population.aides[int(rng.random() * len(population.aides))]
            offset = first + int(rng.random() * days)
            if (aide.number, offset) in self._used:
                offset = calendar.first_offset + 1  # a day without clusters
            day = calendar.day(offset)
            caregiver = aide.caregivers[int(rng.random() * len(aide.caregivers))]
            patients = population.by_region[aide.region]
            planned = shifts.shift(rng)
            done = offset < 0 and rng.random() < 0.94
            actual = shifts.worked(rng, *planned) if done else UNKNOWN
            yield self._row(caregiver, patients[int(rng.random() * len(patients))], day, planned, actual)

    def _cluster(self, max_rows: int) -> Cluster:
        rng = self._rng
        aide, day = self._free_key()
        kinds, weights = _KINDS[day.offset < 0]
        kind = rng.choices(kinds, weights)[0]
        # Three visits have six rows.
        count = min(kind.visits, len(aide.caregivers)) if max_rows >= 6 and rng.random() < 0.3 else 2
        patients = self._a_drive_apart(aide) if kind.far else self._nearby(aide, count)
        visits = [
            self._visit(caregiver, patient, day, *times)
            for caregiver, patient, times in zip(aide.caregivers, patients, kind.times(rng), strict=False)
        ]
        found = [
            Pair(primary, conflicting, kind.rules, self._state(kind.rules, day))
            for primary in visits
            for conflicting in visits
            if primary is not conflicting
        ]
        if rng.random() < 0.01:
            guard = dict.fromkeys(rng.choice(_GUARDED), day.at(9 * HOUR))
            for pair in found:
                pair.changes.update(guard)
        return Cluster(visits, found[:max_rows])

    def _free_key(self) -> tuple[Aide, Day]:
        rng, calendar = self._rng, self._calendar
        while True:
            aide = self._aides[int(rng.random() * len(self._aides))]
            if rng.random() < 0.85:
                offset = -1 - int(rng.random() ** 2.2 * (-calendar.first_offset - 3))
            else:
                offset = int(rng.random() ** 1.3 * calendar.last_offset)
            key = (aide.number, offset)
            if key not in self._used:
                self._used.add(key)
                return aide, calendar.day(offset)

    def _nearby(self, aide: Aide, count: int) -> list[Patient]:
        return self._rng.sample(self._population.by_region[aide.region], count)

    def _a_drive_apart(self, aide: Aide) -> list[Patient]:
        rng, population = self._rng, self._population
        town = rng.choice(self._towns[aide.region])
        return [rng.choice(population.by_town[place]) for place in (town, rng.choice(population.far[town]))]

    def _visit(
        self, caregiver: Caregiver, patient: Patient, day: Day, scheduled: Span, actual: Span
    ) -> Visit:
        billing = self._population.billings[self._visits.created % len(self._population.billings)]
        row = self._row(caregiver, patient, day, scheduled, actual)
        bad = 0
        if actual[1] is not None and self._rng.random() < 0.004:
            row["Call In GPS Coordinates"] = self._rng.choice(_BAD_GPS)
            bad = 1
        return Visit(row, caregiver, patient, billing, day, scheduled, bad_gps=bad)

    def _row(self, caregiver: Caregiver, patient: Patient, day: Day, scheduled: Span, actual: Span) -> Row:
        billing = self._population.billings[self._visits.created % len(self._population.billings)]
        gps = (self._gps(patient, actual[0]), self._gps(patient, actual[1]))
        return self._visits.row(caregiver, patient, billing, day, scheduled, actual, gps)

    def _gps(self, patient: Patient, called: int | None) -> str | None:
        if called is None:
            return None
        chance = self._rng.random()
        if chance > 0.15:
            return patient.gps[int(chance * 97) % len(patient.gps)]
        if chance > 0.05:
            return None
        return "," if chance > 0.03 else f'"{patient.gps[0]}"'

    def _state(self, rules: tuple[str, ...], day: Day) -> Row:
        """Return the row's own columns as earlier cycles and users left them."""
        rng = self._rng
        changes: Row = {"StatusFlag": _STATUSES[int(rng.random() * len(_STATUSES))]}
        for rule in rules:
            if rng.random() < 0.6:
                changes[rule] = "Y" if rng.random() < 0.95 else None
        chance = rng.random()
        if chance < 0.08:
            changes["ResolveDate"] = day.at(20 * HOUR)
            changes["ResolvedBy"] = "Scheduler"
        elif chance < 0.11:
            changes["UpdateFlag"] = 1
        elif chance < 0.3:
            # Recorded before the aide called in.
            changes.update(VisitStartTime=None, VisitEndTime=None, EVVStartTime=None, EVVEndTime=None)
        return changes
