"""The reference's rules, distances and texts, against cases computed by hand."""

import math
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from conflict_pipeline_tests.reference.coordinates import Point, is_bad_gps, metres_between, read_gps
from conflict_pipeline_tests.reference.world import UTC, Tables, at, band, hours, outcome, row, visit, world

OPEN = hours(None, None)
NINE_TO_ELEVEN = hours("09:00", "11:00")
# A degree of the equator is 2 pi 6,371,000 / 360 metres = 69.0934... miles.
ORIGIN, ONE_DEGREE_EAST = '"0,0"', "0,1"


def holding(tables: Tables, zone: ZoneInfo = UTC) -> set[str]:
    """The rules that hold for the pair v1, v2."""
    return set(outcome(tables, zone).by_rule)


@pytest.mark.parametrize(
    ("scheduled", "actual", "rules"),
    [
        pytest.param((("09:00", "11:00"),) * 2, ((None, None),) * 2, {"SameSchTimeFlag"}, id="1"),
        pytest.param((("09:00", None),) * 2, ((None, None),) * 2, set(), id="1, NULL end"),
        pytest.param(((None, None),) * 2, (("09:00", "11:00"),) * 2, {"SameVisitTimeFlag"}, id="2"),
        pytest.param(
            (("09:00", "11:00"), (None, None)),
            ((None, None), ("09:00", "11:00")),
            {"SchAndVisitTimeSameFlag"},
            id="3",
        ),
        pytest.param(
            ((None, None), ("09:00", "11:00")),
            (("09:00", "11:00"), (None, None)),
            {"SchAndVisitTimeSameFlag"},
            id="3, other order",
        ),
        pytest.param(
            (("09:00", "11:00"), ("10:59", "12:00")),
            ((None, None),) * 2,
            {"SchOverAnotherSchTimeFlag"},
            id="4",
        ),
        pytest.param((("09:00", "11:00"), ("11:00", "12:00")), ((None, None),) * 2, set(), id="4, touching"),
        pytest.param(
            ((None, None),) * 2,
            (("09:00", "11:00"), ("09:00", "11:01")),
            {"VisitTimeOverAnotherVisitTimeFlag"},
            id="5",
        ),
        pytest.param(((None, None),) * 2, (("11:00", "12:00"), ("09:00", "11:00")), set(), id="5, touching"),
        pytest.param(
            (("09:00", "11:00"), ("09:00", "11:00")),
            ((None, None), ("10:00", "10:30")),
            {"SchTimeOverVisitTimeFlag"},
            id="6",
        ),
        pytest.param(
            (("09:00", "11:00"), ("09:00", "11:00")),
            ((None, None), ("11:00", "12:00")),
            set(),
            id="6, touching",
        ),
        pytest.param(
            (("09:00", "11:00"), ("09:00", "11:00")),
            ((None, None), ("09:00", None)),
            set(),
            id="neither open nor done",
        ),
    ],
)
def test_rules_hold_as_computed_by_hand(
    scheduled: tuple[tuple[str | None, str | None], ...],
    actual: tuple[tuple[str | None, str | None], ...],
    rules: set[str],
) -> None:
    visits = [
        visit(number, {}, scheduled=hours(*scheduled[number - 1]), actual=hours(*actual[number - 1]))
        for number in (1, 2)
    ]

    assert holding(world(*visits)) == rules


@pytest.mark.parametrize(
    ("next_start", "speed", "rules"),
    [
        # 69.09 miles at 60 miles an hour take 69.09 minutes, at 69 they take 60.08.
        pytest.param("12:09", 60, {"DistanceFlag"}, id="gap 69, ETA 69.09"),
        pytest.param("12:10", 60, set(), id="gap 70, ETA 69.09"),
        pytest.param("12:00", 69, {"DistanceFlag"}, id="gap 60, ETA 60.08"),
        pytest.param("11:00", 60, set(), id="gap 0"),
        pytest.param("11:01", 0, set(), id="speed 0"),
        pytest.param("11:01", None, set(), id="speed NULL"),
    ],
)
def test_distance_rule_compares_the_gap_with_the_eta(
    next_start: str, speed: int | None, rules: set[str]
) -> None:
    visits = (
        visit(1, {"Call Out GPS Coordinates": ORIGIN}, scheduled=OPEN, actual=NINE_TO_ELEVEN),
        visit(
            2, {"Call In GPS Coordinates": ONE_DEGREE_EAST}, scheduled=OPEN, actual=hours(next_start, "13:00")
        ),
    )

    assert holding(world(*visits, mph=[band(1, 0, 100, speed)])) == rules


@pytest.mark.parametrize(
    ("seconds", "rules"), [(24, set()), (23, {"DistanceFlag"})], ids=["equal", "a second shorter"]
)
def test_a_gap_equal_to_the_eta_is_long_enough(seconds: int, rules: set[str]) -> None:
    # A hundredth (ExtraDistancePer) of 69.09 miles is 0.69; at 1 mile an hour that takes 41.4 minutes.
    end, start = at("11:00"), at("11:41") + timedelta(seconds=seconds)
    visits = (
        visit(1, {"Call In GPS Coordinates": ORIGIN}, scheduled=OPEN, actual=(at("09:00"), end)),
        visit(2, {"Call In GPS Coordinates": ONE_DEGREE_EAST}, scheduled=OPEN, actual=(start, at("13:00"))),
    )
    settings = [row("settings", {"ID": Decimal(0), "ExtraDistancePer": Decimal("0.01")})]

    assert holding(world(*visits, mph=[band(1, 0, 1, 1)], settings=settings)) == rules


def test_the_pair_columns_follow_the_distance() -> None:
    visits = (
        visit(1, {"Call Out GPS Coordinates": ORIGIN}, scheduled=OPEN, actual=NINE_TO_ELEVEN),
        visit(
            2, {"Call In GPS Coordinates": ONE_DEGREE_EAST}, scheduled=OPEN, actual=hours("11:01", "13:00")
        ),
    )

    after = outcome(world(*visits)).rows[Decimal(1)]

    assert after["MinuteDiffBetweenSch"] == 1
    assert after["DistanceMilesFromLatLng"] == Decimal("69.09")
    assert after["AverageMilesPerHour"] == 30
    assert after["ETATravleMinutes"] == 138
    assert (after["PLatitude"], after["PLongitude"]) == ("0", "0")
    assert (after["ConPLatitude"], after["ConPLongitude"]) == ("0", "1")


def test_the_primary_side_prefers_the_call_out_and_the_conflicting_side_the_call_in() -> None:
    places = {"Call In GPS Coordinates": "1.5,1", "Call Out GPS Coordinates": "2.5,2"}
    visits = [visit(number, places, scheduled=OPEN, actual=NINE_TO_ELEVEN) for number in (1, 2)]

    after = outcome(world(*visits)).rows[Decimal(1)]

    assert (after["PLatitude"], after["ConPLatitude"]) == ("2.5", "1.5")


def test_a_bad_text_is_counted_and_the_address_taken_instead() -> None:
    address = row(
        "dimpatientaddress",
        {
            "Patient Address Id": "a1",
            "Patient Id": "pp",
            "Primary Address": True,
            "Address Type": "Home GPS",
            "Latitude": Decimal("40.00000000"),
            "Longitude": Decimal("-73.50000000"),
        },
    )
    values = {"Call In GPS Coordinates": "91,0", "Call Out GPS Coordinates": ",", "Provider Patient Id": "pp"}
    visits = [visit(number, values, scheduled=OPEN, actual=NINE_TO_ELEVEN) for number in (1, 2)]

    result = outcome(world(*visits, dimpatientaddress=[address]))

    assert result.bad_gps == 2
    assert result.rows[Decimal(1)]["PLatitude"] == "40"
    assert result.rows[Decimal(1)]["ConPLongitude"] == "-73.5"


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("40,-73.5", Point(40.0, -73.5)),
        ('"40.5 ,\t-.5"', Point(40.5, -0.5)),
        ("5.,+1e2", Point(5.0, 100.0)),
        ("-90,180", Point(-90.0, 180.0)),
    ],
)
def test_gps_texts_that_name_a_place(text: str, point: Point) -> None:
    assert read_gps(text) == point
    assert not is_bad_gps(text)


@pytest.mark.parametrize(
    "text",
    ["", " ,", "40", "40,", "1,2,3", "90.1,0", "0,-180.5", "1e100,0", ".,1", "NaN,0", "4 0,1", "1" * 101],
)
def test_gps_texts_that_are_bad(text: str) -> None:
    assert read_gps(text) is None
    assert is_bad_gps(text)


@pytest.mark.parametrize("text", [None, ",", '","'])
def test_gps_texts_that_are_missing(text: str | None) -> None:
    assert read_gps(text) is None
    assert not is_bad_gps(text)


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (40.7, -73.9), (90.0, 12.0), (33.3, 101.1)])
def test_antipodes_are_half_the_circumference_apart(latitude: float, longitude: float) -> None:
    opposite = Point(-latitude, longitude - 180 if longitude > 0 else longitude + 180)

    metres = metres_between(Point(latitude, longitude), opposite)

    assert metres == pytest.approx(math.pi * 6_371_000)


def test_of_several_bands_the_lowest_from_and_then_the_lowest_id_counts() -> None:
    places = ({"Call In GPS Coordinates": ORIGIN}, {"Call In GPS Coordinates": ONE_DEGREE_EAST})
    visits = [visit(number, places[number - 1], scheduled=OPEN, actual=NINE_TO_ELEVEN) for number in (1, 2)]
    bands = [band(1, 50, 90, 10), band(3, 40, 90, 20), band(2, 40, 70, 30), band(4, None, 90, 40)]

    after = outcome(world(*visits, mph=bands)).rows[Decimal(1)]

    assert after["AverageMilesPerHour"] == 30


@pytest.mark.parametrize(
    ("zone", "rules"), [("UTC", set()), ("America/New_York", {"SchAndVisitTimeSameFlag"})]
)
def test_scheduled_times_are_read_in_the_report_time_zone(zone: str, rules: set[str]) -> None:
    # 2 March is winter: 09:00 in New York is 14:00 UTC.
    visits = (
        visit(1, {}, scheduled=hours("14:00", "16:00"), actual=OPEN),
        visit(2, {}, scheduled=OPEN, actual=NINE_TO_ELEVEN),
    )

    assert holding(world(*visits), ZoneInfo(zone)) == rules
