"""One row of both systems, and what docs/rules.md derives from it: gaps, travel times, coordinates.

These functions are pure and see only the texts that were compared (dialects.py). They conclude nothing from a
column that was not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

Values = Mapping[str, str | None]

# Latitude and longitude of the primary and of the conflicting visit.
PLACES = (("PLatitude", "PLongitude"), ("ConPLatitude", "ConPLongitude"))
COORDINATES = tuple(name for place in PLACES for name in place)
MILES = "DistanceMilesFromLatLng"
SPEED = "AverageMilesPerHour"
ETA = "ETATravleMinutes"
GAP = "MinuteDiffBetweenSch"
DISTANCE_FLAG = "DistanceFlag"
TIMES = ("VisitStartTime", "VisitEndTime", "ConVisitStartTime", "ConVisitEndTime")

_MINUTE = 60_000_000
_CENT = Decimal("0.01")
# The ETA column holds whole minutes, so rounding changes it by at most 0.5. The rest of the tolerance allows
# for an intermediate result that one of the systems rounded.
_ROUNDING = Decimal("0.51")
# Enough for the product of two columns of 38 digits.
_EXACT = Context(prec=100)


@dataclass(frozen=True)
class Gap:
    """The time from the end of one visit to the start of the other, in minutes and in minute boundaries."""

    minutes: Decimal
    boundaries: int


@dataclass(frozen=True)
class Pair:
    """The values of a row in both systems, by column."""

    snowflake: Values
    postgres: Values

    def same(self, *columns: str) -> bool:
        """Return whether all of these columns were compared and are equal."""
        return all(name in self.postgres and self.snowflake[name] == self.postgres[name] for name in columns)

    def gaps(self) -> list[Gap]:
        """Return the positive gaps in either order of the visits, shortest first.

        There are none unless both systems have the same four actual times.
        """
        if not self.same(*TIMES):
            return []
        micros = [int(time) for name in TIMES if (time := number(self.postgres[name])) is not None]
        if len(micros) < len(TIMES):
            return []
        start, end, con_start, con_end = micros
        found = [
            Gap(Decimal(later - earlier) / _MINUTE, later // _MINUTE - earlier // _MINUTE)
            for earlier, later in ((end, con_start), (con_end, start))
            if later > earlier
        ]
        return sorted(found, key=lambda gap: gap.minutes)

    def is_too_far(self, *, whole_miles: bool, boundaries: bool) -> bool:
        """Return the result of rule 7 for the miles and the speed in Postgres.

        `whole_miles` and `boundaries` apply the known errors of Snowflake.
        """
        eta = travel_minutes(self.postgres, whole_miles=whole_miles)
        if eta is None:
            return False
        gaps = [gap.boundaries if boundaries else gap.minutes for gap in self.gaps()]
        return any(0 < gap < eta for gap in gaps)


def number(text: str | None) -> Decimal | None:
    """Return the finite number that the text spells, or None."""
    try:
        found = None if text is None else Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def travel_minutes(values: Values, *, whole_miles: bool) -> Decimal | None:
    """Return the ETA to two decimals; None if the miles or the speed are unknown."""
    miles, speed = number(values.get(MILES)), number(values.get(SPEED))
    if miles is None or not speed:
        return None
    if whole_miles:
        miles = miles.quantize(Decimal(1), ROUND_HALF_UP, _EXACT)
    return _EXACT.divide(_EXACT.multiply(miles, Decimal(60)), speed).quantize(_CENT, ROUND_HALF_UP, _EXACT)


def is_rounded(text: str | None, exact: Decimal | None) -> bool:
    """Return whether the text is that number of minutes, rounded to whole ones; both may be None."""
    kept = number(text)
    if kept is None or exact is None:
        return text is None and exact is None
    return abs(kept - exact) <= _ROUNDING


def place(values: Values, names: tuple[str, str]) -> tuple[Decimal, Decimal] | None:
    """Return latitude and longitude, or None if they are missing or out of range."""
    latitude, longitude = (number(values.get(name)) for name in names)
    if latitude is None or longitude is None:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
