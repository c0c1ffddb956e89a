"""How far apart two visits are, and how long the way takes (rules.md, "Miles", "Speed", "ETA", "Gap")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from conflict_pipeline_tests.reference.coordinates import metres_between
from conflict_pipeline_tests.reference.dimensions import Row
from conflict_pipeline_tests.reference.numbers import decimal_of_double, round_half_away
from conflict_pipeline_tests.reference.visits import Visit

METRES_PER_MILE = 1609.34


@dataclass(frozen=True)
class Travel:
    """From the primary visit to the conflicting one or back; gap and ETA in minutes.

    `gap` is 0 where neither order leaves a positive one; `eta` is None without a speed.
    """

    gap: Fraction
    miles: Decimal | None
    speed: Decimal | None
    eta: Decimal | None


def travel_between(primary: Visit, conflicting: Visit, settings: Row, bands: Iterable[Row]) -> Travel:
    miles = miles_between(primary, conflicting, settings)
    speed = speed_for(miles, bands)
    return Travel(
        gap=min(positive_gaps(primary, conflicting), default=Fraction(0)),
        miles=miles,
        speed=speed,
        eta=eta_minutes(miles, speed),
    )


def positive_gaps(one: Visit, other: Visit) -> list[Fraction]:
    """Minutes from the end of one to the start of the other, in each order where that is positive."""
    gaps = []
    for earlier, later in ((one, other), (other, one)):
        end, start = earlier.actual[1], later.actual[0]
        if start is not None and end is not None and start > end:
            gaps.append(Fraction((start - end) // timedelta(microseconds=1), 60_000_000))
    return gaps


def miles_between(primary: Visit, conflicting: Visit, settings: Row) -> Decimal | None:
    metres = metres_between(primary.place_as_primary, conflicting.place_as_conflicting)
    extra = settings["ExtraDistancePer"]
    if metres is None or extra is None:
        return None
    return round_half_away(decimal_of_double(metres / METRES_PER_MILE * float(extra)), 2)


def speed_for(miles: Decimal | None, bands: Iterable[Row]) -> Decimal | None:
    """The speed of the one band that counts, which may be 0 or unknown itself."""
    matching = [
        band
        for band in bands
        if miles is not None
        and band["From"] is not None
        and band["To"] is not None
        and band["From"] <= miles <= band["To"]
    ]
    if not matching:
        return None
    speed: Decimal | None = min(matching, key=lambda band: (band["From"], band["ID"]))["AverageMilesPerHour"]
    return speed


def eta_minutes(miles: Decimal | None, speed: Decimal | None) -> Decimal | None:
    if miles is None or not speed:
        return None
    return round_half_away(Fraction(miles) / Fraction(speed) * 60, 2)
