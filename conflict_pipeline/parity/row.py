"""One row as both systems have it, and what docs/rules.md makes of it: gaps, times of travel, places.

Pure: it knows only the texts that were compared (dialects.py). A column that was not compared is unknown, and
nothing is concluded from it.
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
# The ETA is kept in whole minutes, of which rounding takes away at most a half. The rest allows for a
# quotient that one of the systems rounded before.
_ROUNDING = Decimal("0.51")
# A column holds up to 38 digits.
_EXACT = Context(prec=100)


@dataclass(frozen=True)
class Gap:
    """From the end of one visit to the start of the other: exactly, and in boundaries of minutes."""

    minutes: Decimal
    boundaries: int


@dataclass(frozen=True)
class Pair:
    """A row there (in Snowflake) and here (in Postgres)."""

    there: Values
    here: Values

    def same(self, *columns: str) -> bool:
        """Whether all of these were compared, and are equal."""
        return all(name in self.here and self.there[name] == self.here[name] for name in columns)

    def gaps(self) -> list[Gap]:
        """The positive ones of both orders, shortest first; none unless the systems agree on the times."""
        if not self.same(*TIMES):
            return []
        micros = [int(time) for name in TIMES if (time := number(self.here[name])) is not None]
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
        """Rule 7 from the miles and the speed here, as asked for with what Snowflake does instead."""
        eta = travel_minutes(self.here, whole_miles=whole_miles)
        if eta is None:
            return False
        gaps = [gap.boundaries if boundaries else gap.minutes for gap in self.gaps()]
        return any(0 < gap < eta for gap in gaps)


def number(text: str | None) -> Decimal | None:
    """The finite number that a text is, or None."""
    try:
        found = None if text is None else Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def travel_minutes(values: Values, *, whole_miles: bool) -> Decimal | None:
    """The ETA, to two decimals; None if miles or speed are unknown."""
    miles, speed = number(values.get(MILES)), number(values.get(SPEED))
    if miles is None or not speed:
        return None
    if whole_miles:
        miles = miles.quantize(Decimal(1), ROUND_HALF_UP, _EXACT)
    return _EXACT.divide(_EXACT.multiply(miles, Decimal(60)), speed).quantize(_CENT, ROUND_HALF_UP, _EXACT)


def is_rounded(text: str | None, exact: Decimal | None) -> bool:
    """Whether a text is that number of minutes, kept in whole ones; both may be None."""
    kept = number(text)
    if kept is None or exact is None:
        return text is None and exact is None
    return abs(kept - exact) <= _ROUNDING


def place(values: Values, names: tuple[str, str]) -> tuple[Decimal, Decimal] | None:
    """Latitude and longitude, or None if that is nowhere on earth."""
    latitude, longitude = (number(values.get(name)) for name in names)
    if latitude is None or longitude is None:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
