"""Miles, speed, ETA and gap: rule 7 (docs/rules.md, "Pairs and rules"). With test_create_pairs.py these are
the tests of create_pairs.sql.

At the equator 0.144731 degrees are 10.00 miles, and one degree is 69.09.
"""

from decimal import Decimal
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Clock, Row, band, change, clear, insert, pair, small_world, visit
from conflict_pipeline_tests.sql.steps.redetect.steps import pairs

TEN_MILES = ("0,0", "0,0.144731")
HALF_THE_EARTH = Decimal("12436.83")
TINY = "0." + "0" * 80 + "1e-99"


@pytest.fixture
def world(scratch: Session) -> Session:
    """The row of v1 with v2, without the visits; 30 miles an hour at every distance."""
    small_world(scratch)
    pair(scratch)
    return scratch


def travel(
    session: Session,
    places: tuple[str | None, str | None] = TEN_MILES,
    first: Clock = ("09:00", "11:00"),
    second: Clock = ("11:00:01", "12:00"),
) -> Row:
    """The row of two done visits at these places; also where no rule holds."""
    for name, actual, place in (("v1", first, places[0]), ("v2", second, places[1])):
        visit(session, name, {"Call In GPS Coordinates": place}, actual=actual)
    found = pairs(session)
    return found.get(1, {"DistanceFlag": False})


def overlapping(session: Session, places: tuple[str | None, str | None]) -> Row:
    """The row of two done visits that overlap: it is re-detected whatever the distance."""
    return travel(session, places, second=("10:00", "12:00"))


@pytest.mark.parametrize(
    ("seconds", "holds"), [(1, True), (1199, True), (1200, False), (1201, False), (0, False)]
)
@pytest.mark.parametrize("order", ["primary first", "conflicting first"])
def test_the_gap_must_be_positive_and_shorter_than_the_eta(
    world: Session, seconds: int, holds: bool, order: str
) -> None:
    # Ten miles at 30 miles an hour take 20 minutes.
    earlier, later = ("09:00", "11:00"), (f"11:{seconds // 60:02}:{seconds % 60:02}", "12:00")
    visits = (earlier, later) if order == "primary first" else (later, earlier)

    row = travel(world, TEN_MILES, *visits)

    assert row["DistanceFlag"] is holds
    if holds:
        assert row["minutes_between"] == pytest.approx(Decimal(seconds) / 60)
        assert (row["miles"], row["miles_per_hour"], row["eta_minutes"]) == (10, 30, 20)


@pytest.mark.parametrize(("start", "holds"), [("11:41:23", True), ("11:41:24", False)])
def test_an_eta_that_is_no_whole_number_of_minutes_is_compared_to_the_second(
    world: Session, start: str, holds: bool
) -> None:
    # 0.69 miles at 1 mile an hour take 41.4 minutes.
    change(world, "settings", ExtraDistancePer=Decimal("0.01"))
    change(world, "mph", AverageMilesPerHour=1)

    assert travel(world, ("0,0", "0,1"), second=(start, "12:00"))["DistanceFlag"] is holds


def test_the_smaller_of_two_positive_gaps_counts(world: Session) -> None:
    # Recorded ends before starts: one visit from 12:00 to 10:50, the other from 11:00 to 11:40.
    row = travel(world, first=("12:00", "10:50"), second=("11:00", "11:40"))

    assert (row["DistanceFlag"], row["minutes_between"]) == (True, 10)


def test_visits_that_overlap_have_no_gap(world: Session) -> None:
    row = overlapping(world, TEN_MILES)

    assert (row["DistanceFlag"], row["minutes_between"], row["miles"]) == (False, 0, 10)
    assert row["VisitTimeOverAnotherVisitTimeFlag"] is True


@pytest.mark.parametrize(("actual"), [(None, None), ("11:00:01", None)], ids=["open", "half"])
def test_only_done_visits_are_too_far_apart(world: Session, actual: Clock) -> None:
    places = [{"Call In GPS Coordinates": place} for place in ("0,0", "0,90")]
    visit(world, "v1", places[0], actual=("09:00", "11:00"))
    visit(world, "v2", places[1], scheduled=("11:00:01", "12:00"), actual=actual)

    assert not pairs(world)


@pytest.mark.parametrize(
    ("places", "miles"),
    [
        pytest.param(("0,0", "0,1"), Decimal("69.09"), id="a degree"),
        pytest.param(("0,0", "1,0"), Decimal("69.09"), id="a degree north"),
        pytest.param(("0,179.5", "0,-179.5"), Decimal("69.09"), id="over the date line"),
        pytest.param(("60,0", "60,1"), Decimal("34.55"), id="a degree at 60 north"),
        pytest.param(("40.7128,-74.0060", "40.7128,-74.0060"), 0, id="equal"),
        pytest.param(("0,0", "0,180"), HALF_THE_EARTH, id="antipodes at the equator"),
        pytest.param(("45.1,10.3", "-45.1,-169.7"), HALF_THE_EARTH, id="antipodes"),
        pytest.param(("90,0", "-90,0"), HALF_THE_EARTH, id="pole to pole"),
        pytest.param(("90,0", "90,120"), 0, id="one pole, two longitudes"),
        pytest.param(("0,180", "0,-180"), 0, id="one meridian, two longitudes"),
        pytest.param((f"{TINY},0", "0,0"), 0, id="too small to be squared"),
        pytest.param((f"0,{TINY}", "0,0"), 0, id="longitude too small to be squared"),
        pytest.param((f"90,{TINY[:60]}1e-90", "90,0"), 0, id="a product too small for a number"),
    ],
)
def test_miles_are_great_circle_miles_of_two_decimals(
    world: Session, places: tuple[str, str], miles: Decimal
) -> None:
    assert overlapping(world, places)["miles"] == miles


@pytest.mark.parametrize(
    ("extra", "miles"), [("1.25", "86.37"), ("0.50", "34.55"), ("0.00", "0.00"), (None, None)]
)
def test_miles_are_multiplied_by_the_extra_distance_before_they_are_rounded(
    world: Session, extra: str | None, miles: str | None
) -> None:
    change(world, "settings", ExtraDistancePer=extra)

    assert overlapping(world, ("0,0", "0,1"))["miles"] == (miles and Decimal(miles))


def test_places_as_near_as_can_be_need_no_time(world: Session) -> None:
    assert travel(world, ("0,0", "0,0"))["DistanceFlag"] is False


@pytest.mark.parametrize("places", [("0,0", None), (None, "0,1"), (None, None), ("0,0", "bad")])
def test_a_missing_place_makes_no_distance(world: Session, places: tuple[str | None, str | None]) -> None:
    row = overlapping(world, places)

    assert [row[name] for name in ("miles", "miles_per_hour", "eta_minutes")] == [None, None, None]
    assert row["DistanceFlag"] is False


@pytest.mark.parametrize("missing", ["Latitude", "Longitude"])
def test_all_four_coordinates_must_be_known(world: Session, missing: str) -> None:
    address = {"Patient Address Id": "a", "Patient Id": "t", "Primary Address": True, "Address Type": "GPS"}
    insert(world, "dimpatientaddress", **{**address, "Latitude": 1, "Longitude": 1, missing: None})
    patient = {"Provider Patient Id": "t"}
    visit(world, "v1", patient, actual=("09:00", "11:00"))
    visit(world, "v2", {"Call In GPS Coordinates": "1,9"}, actual=("11:00:01", "12:00"))

    assert not pairs(world)


def test_each_direction_takes_the_places_of_its_sides(world: Session) -> None:
    # From where v1 ended to where v2 began are ten miles, the other way there is none.
    pair(world, 2, VisitID="v2", ConVisitID="v1")
    gps = ("Call In GPS Coordinates", "Call Out GPS Coordinates")
    visit(world, "v1", dict(zip(gps, ("0,5", "0,0"), strict=True)), actual=("09:00", "11:00"))
    visit(world, "v2", dict(zip(gps, ("0,0.144731", "0,5"), strict=True)), actual=("10:00", "12:00"))

    found = pairs(world)

    assert (found[1]["miles"], found[2]["miles"]) == (10, 0)


@pytest.mark.parametrize("speed", [0, None])
def test_a_band_without_a_speed_gives_no_eta(world: Session, speed: int | None) -> None:
    change(world, "mph", AverageMilesPerHour=speed)

    row = overlapping(world, TEN_MILES)

    assert (row["miles"], row["miles_per_hour"], row["eta_minutes"]) == (10, speed, None)


@pytest.mark.parametrize("speed", [0, None])
def test_without_a_speed_nothing_is_too_far(world: Session, speed: int | None) -> None:
    change(world, "mph", AverageMilesPerHour=speed)

    assert travel(world, ("0,0", "0,90"))["DistanceFlag"] is False


@pytest.mark.parametrize(
    ("bands", "speed"),
    [
        pytest.param([], None, id="no band at all"),
        pytest.param([(0, 9, 20), (11, 99, 30)], None, id="in a gap"),
        pytest.param([(10, 99, 30)], 30, id="at its lower end"),
        pytest.param([(0, 10, 20)], 20, id="at its upper end"),
        pytest.param([(10, 99, 30), (0, 10, 20)], 20, id="touching: the lower From"),
        pytest.param([(5, 99, 30), (5, 20, 20)], 30, id="equal From: the lower ID"),
        pytest.param([(5, 99, None), (6, 20, 20)], None, id="the lower From has no speed"),
        pytest.param([(None, 99, 30), (0, 99, 20)], 20, id="no lower end"),
        pytest.param([(0, None, 30)], None, id="no upper end"),
    ],
)
def test_the_speed_is_that_of_the_first_band_that_holds_the_miles(
    world: Session, bands: list[Any], speed: int | None
) -> None:
    clear(world, "mph")
    # From the last to the first, so that the order in the table decides nothing.
    for number, figures in reversed(list(enumerate(bands))):
        band(world, number, *figures)

    assert overlapping(world, TEN_MILES)["miles_per_hour"] == speed


def test_without_a_band_nothing_is_too_far(world: Session) -> None:
    clear(world, "mph")

    assert travel(world, ("0,0", "0,90"))["DistanceFlag"] is False


@pytest.mark.parametrize(("speed", "minutes"), [(7, "85.71"), (30, "20.00"), (65, "9.23"), (1, "600.00")])
def test_the_eta_is_rounded_to_two_decimals(world: Session, speed: int, minutes: str) -> None:
    change(world, "mph", AverageMilesPerHour=speed)

    assert overlapping(world, TEN_MILES)["eta_minutes"] == Decimal(minutes)
