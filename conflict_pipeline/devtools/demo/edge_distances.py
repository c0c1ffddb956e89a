"""Rule 7 at its boundaries: gaps and travel times, speed bands, coordinates from pole to pole."""

from conflict_pipeline.devtools.demo.pairs import DISTANCE, VISITS_OVERLAP
from conflict_pipeline.devtools.demo.places import degrees_north
from conflict_pipeline.devtools.demo.scene import LATE_MORNING, MORNING, Scene, at, done, planned

_LATITUDE, _LONGITUDE = 30.0, -74.0
_FIRST = done(at(9), at(11))

# Miles as the rules measure them; seconds from the end of one visit to the start of the other; whether the
# rule holds. Speeds are those of reference.SPEED_BANDS.
_GAPS: dict[str, tuple[float, int, bool]] = {
    "a second less than the travel time of 20 minutes": (5.0, 20 * 60 - 1, True),
    "exactly the travel time": (5.0, 20 * 60, False),
    "a second more than the travel time": (5.0, 20 * 60 + 1, False),
    "where bands touch the lower one counts: 20 minutes, not 12": (5.0, 15 * 60, True),
    "where bands touch the lower one counts: 24 minutes, not 20": (10.0, 22 * 60, True),
    "travel time of 12.02 minutes, gap of 12.016…": (5.01, 12 * 60 + 1, True),
    "travel time of 12.02 minutes, gap of 12.033…": (5.01, 12 * 60 + 2, False),
    "same place": (0.0, 60, False),
    "no gap": (50.0, 0, False),
    "end of the last band with a speed": (249.99, 60 * 60, True),
    "speed 0": (275.0, 60, False),
    "beyond every band": (400.0, 60, False),
}

# Two GPS texts, minutes between the visits, whether the rule holds.
_COORDINATES: dict[str, tuple[str, str, int, bool]] = {
    "antipodes on the equator": ("0,0", "0,180", 5, False),
    "antipodes": ("40.7,-74.0", "-40.7,106.0", 5, False),
    "poles": ("90,0", "-90,0", 5, False),
    "one pole by two names": ("90,0", "90,180", 1, False),
    "near the pole": ("90,0", "89.9,77.5", 5, True),
    "over the date line, time enough": ("0,179.99", "0,-179.99", 30, False),
    "over the date line": ("0,179.99", "0,-179.99", 2, True),
    "the corners of the map": ("-90,-180", "-90,180", 1, False),
}


def add_distance_cases(scene: Scene) -> None:
    for miles, gap, holds in _GAPS.values():
        other = f"{_LATITUDE + degrees_north(miles):.9f},{_LONGITUDE}"
        _add(scene, f"{_LATITUDE},{_LONGITUDE}", other, gap, holds=holds)
    for one, other, minutes, holds in _COORDINATES.values():
        _add(scene, one, other, minutes * 60, holds=holds)
    _add_without_rule_7(scene)


def _add(scene: Scene, one: str, other: str, gap: int, *, holds: bool) -> None:
    aide = scene.aide()
    start = at(11) + gap
    scene.pair(
        scene.visit(aide.caregivers[0], _FIRST, gps=(one, one)),
        scene.visit(aide.caregivers[1], done(start, start + 3600), gps=(other, other)),
        *((DISTANCE,) if holds else ()),
    )


def _add_without_rule_7(scene: Scene) -> None:
    """Far apart, but one visit is open; at antipodes, but found by another rule."""
    far = f"{_LATITUDE + degrees_north(20):.9f},{_LONGITUDE}"
    aide = scene.aide()
    scene.pair(
        scene.visit(aide.caregivers[0], _FIRST, gps=(far, far)),
        scene.visit(aide.caregivers[1], planned(at(11, 5), at(13)), gps=(None, None)),
    )
    aide = scene.aide()
    scene.pair(
        scene.visit(aide.caregivers[0], MORNING, gps=("0,0", "0,0")),
        scene.visit(aide.caregivers[1], LATE_MORNING, gps=("0,180", "0,180")),
        VISITS_OVERLAP,
    )
