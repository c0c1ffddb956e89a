"""GPS texts and the great-circle distance (rules.md, "Coordinates" and "Miles")."""

import re
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_METRES = 6_371_000
MAX_TEXT_LENGTH = 100
SPACES = " \t\n\r\f\v"
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


class Point(NamedTuple):
    """Degrees; an address may know only one of the two."""

    latitude: float | None
    longitude: float | None


NOWHERE = Point(None, None)


def read_gps(text: str | None) -> Point | None:
    """The place that a GPS text names, or None if it is missing or bad."""
    if text is None or len(text) > MAX_TEXT_LENGTH:
        return None
    numbers = [part.strip(SPACES) for part in _without_quotes(text).split(",")]
    if len(numbers) != 2 or not all(NUMBER.fullmatch(number) for number in numbers):
        return None
    latitude, longitude = map(float, numbers)
    return Point(latitude, longitude) if is_on_earth(latitude, longitude) else None


def is_on_earth(latitude: float | None, longitude: float | None) -> bool:
    """Whether what is known of the two is within range, the bounds included."""
    return abs(latitude or 0) <= 90 and abs(longitude or 0) <= 180


def is_bad_gps(text: str | None) -> bool:
    """Whether a text is there that should name a place and does not."""
    return text is not None and _without_quotes(text) != "," and read_gps(text) is None


def metres_between(here: Point, there: Point) -> float | None:
    """The haversine distance, or None if any of the four coordinates is unknown."""
    if here.latitude is None or here.longitude is None or there.latitude is None or there.longitude is None:
        return None
    north = sin(radians(there.latitude - here.latitude) / 2)
    east = sin(radians(there.longitude - here.longitude) / 2)
    half_chord = north**2 + cos(radians(here.latitude)) * cos(radians(there.latitude)) * east**2
    # Rounding can push antipodes just past 1.
    return 2 * EARTH_RADIUS_METRES * asin(sqrt(min(half_chord, 1.0)))


def _without_quotes(text: str) -> str:
    return text.replace('"', "")
