"""Which pairs are re-detected, and by which rules: the boundary cases, in SQL and in the reference."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import (
    DAY,
    NO_TIMES,
    Clock,
    Row,
    band,
    change,
    clear,
    insert,
    pair,
    provider,
    small_world,
    visit,
)
from conflict_pipeline_tests.steps.redetect_statements import pairs

NINE_TO_ELEVEN = ("09:00", "11:00")

# Two intervals, and whether they are equal or overlap.
INTERVALS = [
    pytest.param(NINE_TO_ELEVEN, NINE_TO_ELEVEN, "equal", id="equal"),
    pytest.param(("09:00", "09:00"), ("09:00", "09:00"), "equal", id="equal moments"),
    pytest.param(NINE_TO_ELEVEN, ("09:00", "10:00"), "overlap", id="same start"),
    pytest.param(NINE_TO_ELEVEN, ("10:00", "11:00"), "overlap", id="same end"),
    pytest.param(NINE_TO_ELEVEN, ("09:30", "10:30"), "overlap", id="one inside the other"),
    pytest.param(NINE_TO_ELEVEN, ("09:00:01", "11:00"), "overlap", id="a second shorter"),
    pytest.param(NINE_TO_ELEVEN, ("10:59:59", "12:00"), "overlap", id="a second in common"),
    pytest.param(NINE_TO_ELEVEN, ("11:00", "12:00"), None, id="touching"),
    pytest.param(NINE_TO_ELEVEN, ("11:00:01", "12:00"), None, id="a second apart"),
    pytest.param(NINE_TO_ELEVEN, ("15:00", "16:00"), None, id="hours apart"),
]
# What the spec calls open and done; a visit's other times would say something else.
OPEN_RULES = {"equal": "SameSchTimeFlag", "overlap": "SchOverAnotherSchTimeFlag"}
DONE_RULES = {"equal": "SameVisitTimeFlag", "overlap": "VisitTimeOverAnotherVisitTimeFlag"}
MIXED_RULES = {"equal": "SchAndVisitTimeSameFlag", "overlap": "SchTimeOverVisitTimeFlag"}


@pytest.fixture
def world(scratch: Session) -> Session:
    """The row of v1 with v2, without the visits."""
    small_world(scratch)
    pair(scratch)
    return scratch


def rules(session: Session) -> set[str]:
    """The rules that hold for the row; none if it is not re-detected."""
    found = pairs(session)
    holding = {rule for rule in RULE_COLUMNS if found and found[1][rule]}
    assert bool(found) is bool(holding)
    return holding


def both_orders(session: Session) -> set[str]:
    """The rules of the row, which are those of the row in the other direction."""
    pair(session, 2, VisitID="v2", ConVisitID="v1")
    found = pairs(session)
    outcomes = [
        {rule for rule in RULE_COLUMNS if number in found and found[number][rule]} for number in (1, 2)
    ]
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_two_open_visits_are_compared_by_scheduled_times(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=other)

    assert both_orders(world) == ({OPEN_RULES[relation]} if relation else set())


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_two_done_visits_are_compared_by_actual_times(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=("01:00", "02:00"), actual=one)
    visit(world, "v2", scheduled=("01:00", "02:00"), actual=other)

    assert both_orders(world) == ({DONE_RULES[relation]} if relation else set())


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_an_open_visits_scheduled_times_are_compared_with_a_done_visits_actual_ones(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=("01:00", "02:00"), actual=other)

    assert both_orders(world) == ({MIXED_RULES[relation]} if relation else set())


@pytest.mark.parametrize("half", [("09:00", None), (None, "11:00")])
@pytest.mark.parametrize("other", [NO_TIMES, NINE_TO_ELEVEN], ids=["other open", "other done"])
def test_a_visit_with_one_actual_time_takes_part_in_no_rule(
    world: Session, half: Clock, other: Clock
) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN, actual=half)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN, actual=other)

    assert both_orders(world) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(NO_TIMES, NO_TIMES, id="no times at all"),
        pytest.param(("09:00", None), ("09:00", None), id="equal starts without ends"),
        pytest.param((None, "11:00"), NINE_TO_ELEVEN, id="no start"),
        pytest.param(("09:00", None), NINE_TO_ELEVEN, id="no end"),
        pytest.param(NO_TIMES, NINE_TO_ELEVEN, id="one without times"),
    ],
)
def test_null_never_equals_anything(world: Session, one: Clock, other: Clock) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=other)

    assert both_orders(world) == set()


def test_an_unknown_visit_makes_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_another_visit_date_makes_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Visit Date": DAY + timedelta(days=1)}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


@pytest.mark.parametrize(
    ("ssn", "holds"), [("900000002", False), (" 900000001 ", True)], ids=["another", "equal but for spaces"]
)
def test_caregivers_are_the_same_by_their_ssn(world: Session, ssn: str, holds: bool) -> None:
    insert(world, "dimcaregiver", **{"Caregiver Id": "c2", "SSN": ssn})
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Caregiver Id": "c2"}, scheduled=NINE_TO_ELEVEN)

    assert bool(rules(world)) is holds


def test_two_visits_for_one_provider_make_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Provider Id": "p1"}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_a_visit_makes_no_pair_with_itself(world: Session) -> None:
    change(world, "conflictvisitmaps", ConVisitID="v1")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_what_the_row_says_of_date_and_ssn_decides_nothing(world: Session) -> None:
    change(world, "conflictvisitmaps", VisitDate=DAY - timedelta(days=1), SSN=None, ProviderID="p2")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


def test_ids_of_providers_are_compared_not_their_names(world: Session) -> None:
    for name in ("a", "b"):
        provider(world, name, **{"Provider Name": "Care Ltd"})
    visit(world, "v1", {"Provider Id": "a"}, scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Provider Id": "b"}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


def test_without_any_speed_band_times_are_compared_all_the_same(world: Session) -> None:
    clear(world, "mph")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


@pytest.mark.parametrize(
    ("zone", "found"), [("UTC", set()), ("America/New_York", {"SchAndVisitTimeSameFlag"})]
)
def test_the_report_time_zone_decides_which_times_are_equal(
    world: Session, zone: str, found: set[str]
) -> None:
    # 14:00 UTC is 9:00 in New York.
    visit(world, "v1", scheduled=("14:00", "16:00"))
    visit(world, "v2", actual=NINE_TO_ELEVEN)
    world.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])

    assert rules(world) == found


TEN_MILES = ("0,0", "0,0.144731")
HALF_THE_EARTH = Decimal("12436.83")
TINY = "0." + "0" * 80 + "1e-99"


@pytest.fixture
def roads(scratch: Session) -> Session:
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
    roads: Session, seconds: int, holds: bool, order: str
) -> None:
    # Ten miles at 30 miles an hour take 20 minutes.
    earlier, later = ("09:00", "11:00"), (f"11:{seconds // 60:02}:{seconds % 60:02}", "12:00")
    visits = (earlier, later) if order == "primary first" else (later, earlier)

    row = travel(roads, TEN_MILES, *visits)

    assert row["DistanceFlag"] is holds
    if holds:
        assert row["minutes_between"] == pytest.approx(Decimal(seconds) / 60)
        assert (row["miles"], row["miles_per_hour"], row["eta_minutes"]) == (10, 30, 20)


@pytest.mark.parametrize(("start", "holds"), [("11:41:23", True), ("11:41:24", False)])
def test_an_eta_that_is_no_whole_number_of_minutes_is_compared_to_the_second(
    roads: Session, start: str, holds: bool
) -> None:
    # 0.69 miles at 1 mile an hour take 41.4 minutes.
    change(roads, "settings", ExtraDistancePer=Decimal("0.01"))
    change(roads, "mph", AverageMilesPerHour=1)

    assert travel(roads, ("0,0", "0,1"), second=(start, "12:00"))["DistanceFlag"] is holds


def test_the_smaller_of_two_positive_gaps_counts(roads: Session) -> None:
    # Recorded ends before starts: one visit from 12:00 to 10:50, the other from 11:00 to 11:40.
    row = travel(roads, first=("12:00", "10:50"), second=("11:00", "11:40"))

    assert (row["DistanceFlag"], row["minutes_between"]) == (True, 10)


def test_visits_that_overlap_have_no_gap(roads: Session) -> None:
    row = overlapping(roads, TEN_MILES)

    assert (row["DistanceFlag"], row["minutes_between"], row["miles"]) == (False, 0, 10)
    assert row["VisitTimeOverAnotherVisitTimeFlag"] is True


@pytest.mark.parametrize(("actual"), [(None, None), ("11:00:01", None)], ids=["open", "half"])
def test_only_done_visits_are_too_far_apart(roads: Session, actual: Clock) -> None:
    places = [{"Call In GPS Coordinates": place} for place in ("0,0", "0,90")]
    visit(roads, "v1", places[0], actual=("09:00", "11:00"))
    visit(roads, "v2", places[1], scheduled=("11:00:01", "12:00"), actual=actual)

    assert not pairs(roads)


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
    roads: Session, places: tuple[str, str], miles: Decimal
) -> None:
    assert overlapping(roads, places)["miles"] == miles


@pytest.mark.parametrize(
    ("extra", "miles"), [("1.25", "86.37"), ("0.50", "34.55"), ("0.00", "0.00"), (None, None)]
)
def test_miles_are_multiplied_by_the_extra_distance_before_they_are_rounded(
    roads: Session, extra: str | None, miles: str | None
) -> None:
    change(roads, "settings", ExtraDistancePer=extra)

    assert overlapping(roads, ("0,0", "0,1"))["miles"] == (miles and Decimal(miles))


def test_places_as_near_as_can_be_need_no_time(roads: Session) -> None:
    assert travel(roads, ("0,0", "0,0"))["DistanceFlag"] is False


@pytest.mark.parametrize("places", [("0,0", None), (None, "0,1"), (None, None), ("0,0", "bad")])
def test_a_missing_place_makes_no_distance(roads: Session, places: tuple[str | None, str | None]) -> None:
    row = overlapping(roads, places)

    assert [row[name] for name in ("miles", "miles_per_hour", "eta_minutes")] == [None, None, None]
    assert row["DistanceFlag"] is False


@pytest.mark.parametrize("missing", ["Latitude", "Longitude"])
def test_all_four_coordinates_must_be_known(roads: Session, missing: str) -> None:
    address = {"Patient Address Id": "a", "Patient Id": "t", "Primary Address": True, "Address Type": "GPS"}
    insert(
        roads,
        "dimpatientaddress",
        **{**address, "Latitude": 1, "Longitude": 1, missing: None},
    )
    patient = {"Provider Patient Id": "t"}
    visit(roads, "v1", patient, actual=("09:00", "11:00"))
    visit(roads, "v2", {"Call In GPS Coordinates": "1,9"}, actual=("11:00:01", "12:00"))

    assert not pairs(roads)


def test_each_direction_takes_the_places_of_its_sides(roads: Session) -> None:
    # From where v1 ended to where v2 began are ten miles, the other way there is none.
    pair(roads, 2, VisitID="v2", ConVisitID="v1")
    gps = ("Call In GPS Coordinates", "Call Out GPS Coordinates")
    visit(
        roads,
        "v1",
        dict(zip(gps, ("0,5", "0,0"), strict=True)),
        actual=("09:00", "11:00"),
    )
    visit(
        roads,
        "v2",
        dict(zip(gps, ("0,0.144731", "0,5"), strict=True)),
        actual=("10:00", "12:00"),
    )

    found = pairs(roads)

    assert (found[1]["miles"], found[2]["miles"]) == (10, 0)


@pytest.mark.parametrize("speed", [0, None])
def test_a_band_without_a_speed_gives_no_eta(roads: Session, speed: int | None) -> None:
    change(roads, "mph", AverageMilesPerHour=speed)

    row = overlapping(roads, TEN_MILES)

    assert (row["miles"], row["miles_per_hour"], row["eta_minutes"]) == (10, speed, None)


@pytest.mark.parametrize("speed", [0, None])
def test_without_a_speed_nothing_is_too_far(roads: Session, speed: int | None) -> None:
    change(roads, "mph", AverageMilesPerHour=speed)

    assert travel(roads, ("0,0", "0,90"))["DistanceFlag"] is False


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
    roads: Session, bands: list[Any], speed: int | None
) -> None:
    clear(roads, "mph")
    # From the last to the first, so that the order in the table decides nothing.
    for number, figures in reversed(list(enumerate(bands))):
        band(roads, number, *figures)

    assert overlapping(roads, TEN_MILES)["miles_per_hour"] == speed


def test_without_a_band_nothing_is_too_far(roads: Session) -> None:
    clear(roads, "mph")

    assert travel(roads, ("0,0", "0,90"))["DistanceFlag"] is False


@pytest.mark.parametrize(("speed", "minutes"), [(7, "85.71"), (30, "20.00"), (65, "9.23"), (1, "600.00")])
def test_the_eta_is_rounded_to_two_decimals(roads: Session, speed: int, minutes: str) -> None:
    change(roads, "mph", AverageMilesPerHour=speed)

    assert overlapping(roads, TEN_MILES)["eta_minutes"] == Decimal(minutes)
