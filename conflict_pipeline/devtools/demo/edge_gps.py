"""Where a visit was: GPS texts of every kind, and which of a patient's addresses stands in for them.

Each case has two done visits with five minutes between them. One place is near the other visit, the other
place is far from it: so rule 7 tells which of the two was taken.
"""

from conflict_pipeline.devtools.demo.entities import Patient
from conflict_pipeline.devtools.demo.pairs import DISTANCE
from conflict_pipeline.devtools.demo.places import TOWNS, degrees_north
from conflict_pipeline.devtools.demo.scene import Gps, Scene, at, done

_LATITUDE, _LONGITUDE = TOWNS[0].latitude, TOWNS[0].longitude
_NEAR = (_LATITUDE, _LONGITUDE)
_FAR = (_LATITUDE + degrees_north(8), _LONGITUDE)
_NEAR_TEXT = f"{_NEAR[0]:.7f},{_NEAR[1]:.7f}"
_FAR_TEXT = f"{_FAR[0]:.7f},{_FAR[1]:.7f}"
_FIRST, _SECOND = done(at(9), at(11)), done(at(11, 5), at(13))
_BOTH, _NEITHER = ((DISTANCE,), (DISTANCE,)), ((), ())

_UNREADABLE = (
    "40.7128", "1,2,3", "40,7128,-74,0060", "40.7128;-74.0060", "40.7128,", ",-74.0060", "no signal",
    "north,west", "40.7128N,74.0060W", "--40,1", "90.0001,-74", "-91,0", "40.7,180.5", "40.7,-181", "1e400,0",
    "", "NaN,NaN", "40.7,NaN", "inf,0", "40.7,-Infinity", "0x28,0x4A", "4_0.7,-7_4.0", "9" * 98 + ",0",
)  # fmt: skip

# Texts that are no number at all to a careless reader; all of them mean 0,0.
_TINY = ("0." + "0" * 80 + ",0", "0." + "0" * 80 + "1,0", "1e-99,0", "-1E-99,+1e-99", "0,0.0")

# Call-in, call-out, the address, and whether rule 7 holds: with this visit as the primary one, as the other.
_SOURCES: dict[str, tuple[Gps, tuple[float, float] | None, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "quoted": ((f'"{_FAR_TEXT}"', f'"{_FAR_TEXT}"'), _NEAR, _BOTH),
    "signs and spaces": ((f" +{_FAR[0]:.7f} , {_FAR[1]:.7f} ",) * 2, _NEAR, _BOTH),
    "only call-in": ((_FAR_TEXT, None), _NEAR, _BOTH),
    "only call-out": ((None, _FAR_TEXT), _NEAR, _BOTH),
    "comma and call-out": ((",", _FAR_TEXT), _NEAR, _BOTH),
    "call-in and comma": ((_FAR_TEXT, ","), _NEAR, _BOTH),
    "primary side: call-out first": ((_NEAR_TEXT, _FAR_TEXT), _NEAR, ((DISTANCE,), ())),
    "conflicting side: call-in first": ((_FAR_TEXT, _NEAR_TEXT), _NEAR, ((), (DISTANCE,))),
    "address for no texts": ((None, None), _FAR, _BOTH),
    "address for commas": ((",", ","), _FAR, _BOTH),
    "address for a quoted comma": (('","', None), _FAR, _BOTH),
    "address is near": ((None, None), _NEAR, _NEITHER),
    "nothing known": ((None, None), None, _NEITHER),
    "nothing known but commas": ((",", ","), None, _NEITHER),
}

# The addresses of a patient, in the order of their identifiers: the point, days since it was created, and
# columns that differ from a primary GPS address. The one that counts is far.
_Address = tuple[tuple[float, float] | tuple[None, None], int | None, dict[str, object]]
_ADDRESSES: dict[str, tuple[list[_Address], bool]] = {
    "newest": ([(_FAR, 10, {}), (_NEAR, 20, {})], True),
    "newest has the highest identifier": ([(_NEAR, 20, {}), (_FAR, 10, {})], True),
    "unknown age comes last": ([(_FAR, 20, {}), (_NEAR, None, {})], True),
    "unknown age is better than nothing": ([(_FAR, None, {}), (_NEAR, 1, {"Address Type": "Home"})], True),
    "same age: highest identifier": ([(_NEAR, 10, {}), (_FAR, 10, {})], True),
    "unknown ages: highest identifier": ([(_NEAR, None, {}), (_FAR, None, {})], True),
    "type without GPS": ([(_FAR, 20, {}), (_NEAR, 10, {"Address Type": "Home,Community"})], True),
    "type in lower case": ([(_FAR, 20, {}), (_NEAR, 10, {"Address Type": "Home,gps"})], True),
    "unknown type": ([(_FAR, 20, {}), (_NEAR, 10, {"Address Type": None})], True),
    "GPS within a word": ([(_FAR, 10, {"Address Type": "HomeGPSVerified"}), (_NEAR, 20, {})], True),
    "not primary": ([(_FAR, 20, {}), (_NEAR, 10, {"Primary Address": False})], True),
    "primary unknown": ([(_FAR, 20, {}), (_NEAR, 10, {"Primary Address": None})], True),
    "none qualifies": ([(_FAR, 10, {"Address Type": "Home"}), (_FAR, 20, {"Primary Address": False})], False),
    "the newest has no coordinates": ([(_FAR, 20, {}), ((None, None), 10, {})], False),
}


def add_gps_cases(scene: Scene) -> None:
    gps: Gps
    for index, text in enumerate(_UNREADABLE):
        # Passed over for the other text; where both are unreadable, for the address.
        gps = (_FAR_TEXT, text) if index % 2 else (text, _FAR_TEXT)
        _add(scene, gps, scene.patient(_NEAR), _BOTH, bad_gps=1)
        _add(scene, (text, _UNREADABLE[index - 1]), scene.patient(_FAR), _BOTH, bad_gps=2)
    for gps, home, holds in _SOURCES.values():
        _add(scene, gps, scene.patient(home, with_address=home is not None), holds)
    for text in _TINY:
        north = f"{degrees_north(8):.9f},0"
        _add(scene, (text, text), scene.patient(_NEAR), _BOTH, other=(north, north))


def add_address_cases(scene: Scene) -> None:
    for addresses, is_far in _ADDRESSES.values():
        patient = scene.patient(with_address=False)
        keys = {name: patient.fact[name] for name in ("Patient Id", "Application Patient Id")}
        for point, age, changes in addresses:
            created = None if age is None else scene.calendar.day(-age).at_utc(0)
            columns = {"Application Created UTC Timestamp": created, **changes}
            scene.directory.add_address(keys, TOWNS[0], "1 Canal St", point, **columns)
        _add(scene, (None, None), patient, _BOTH if is_far else _NEITHER)


def _add(
    scene: Scene,
    gps: Gps,
    patient: Patient,
    holds: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    bad_gps: int = 0,
    other: Gps = (_NEAR_TEXT, _NEAR_TEXT),
) -> None:
    aide = scene.aide()
    scene.pair(
        scene.visit(aide.caregivers[0], _FIRST, patient=patient, gps=gps, bad_gps=bad_gps),
        scene.visit(aide.caregivers[1], _SECOND, gps=other),
        *holds[0],
        back=holds[1],
    )
