"""The reference itself, against cases computed by hand."""

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conflict_pipeline_tests.reference import NOW, Expected, expected_after_cycle
from conflict_pipeline_tests.reference.coordinates import Point, is_bad_gps, metres_between, read_gps
from conflict_pipeline_tests.reference.numbers import round_half_away, stored, text_of_double
from conflict_pipeline_tests.reference.world import DAY, RULES, at, band, hours, pair, row, visit, world

UTC = ZoneInfo("UTC")
OPEN = hours(None, None)
NINE_TO_ELEVEN = hours("09:00", "11:00")
# A degree of the equator is 2 pi 6,371,000 / 360 metres = 69.0934... miles.
ORIGIN, ONE_DEGREE_EAST = '"0,0"', "0,1"


def outcome(tables: dict[str, list[dict[str, Any]]], zone: ZoneInfo = UTC) -> Expected:
    return expected_after_cycle(tables, DAY - timedelta(days=1), DAY + timedelta(days=1), zone)


def holding(tables: dict[str, list[dict[str, Any]]], zone: ZoneInfo = UTC) -> set[str]:
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


def same_times(**tables: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """A world whose pair is re-detected by rule 2, unless `tables` prevents it."""
    visits = [visit(number, {}, scheduled=OPEN, actual=NINE_TO_ELEVEN) for number in (1, 2)]
    return world(*visits, **tables)


@pytest.mark.parametrize(
    "tables",
    [
        {"dimcaregiver": [row("dimcaregiver", {"Caregiver Id": "c1", "SSN": None})]},
        {"dimcaregiver": [row("dimcaregiver", {"Caregiver Id": "c1", "SSN": "  "})]},
        {
            "dimprovider": [
                row("dimprovider", {"Provider Id": name, "Is Active": True, "Is Demo": None})
                for name in ("p1", "p2")
            ]
        },
        {"excluded_ssn": [row("excluded_ssn", {"ID": Decimal(1), "SSN": "900000001 "})]},
        {"excluded_agency": [row("excluded_agency", {"ID": Decimal(1), "ProviderID": "p2"})]},
        {"conflictvisitmaps": [pair({"ConVisitID": "v1"})]},
        {"conflictvisitmaps": [pair({"ConVisitID": None})]},
    ],
    ids=["no SSN", "blank SSN", "demo unknown", "SSN excluded", "agency excluded", "itself", "no visit"],
)
def test_a_pair_that_does_not_qualify_keeps_its_values_and_the_mark(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    before = same_times(**tables)

    result = outcome(before)

    (old,) = before["conflictvisitmaps"]
    assert result.rows == {Decimal(1): {**old, "UpdateFlag": Decimal(1)}}
    assert (result.eligible, result.redetected, result.not_redetected, result.guarded) == (1, 0, 1, 0)


def test_an_exclusion_without_a_value_excludes_nothing() -> None:
    tables = same_times(
        excluded_ssn=[row("excluded_ssn", {"ID": Decimal(1)})],
        excluded_agency=[row("excluded_agency", {"ID": Decimal(1)})],
    )

    assert outcome(tables).redetected == 1


def test_a_redetected_row_is_rewritten_and_keeps_its_parent() -> None:
    old = pair({"SSN": "stale", "ResolveDate": at("08:00"), "PName": "old", "CreatedDate": DAY})

    after = outcome(same_times(conflictvisitmaps=[old])).rows[Decimal(1)]

    assert (after["CONFLICTID"], after["SSN"], after["CreatedDate"]) == (7, "900000001", DAY)
    assert (after["UpdateFlag"], after["ResolveDate"], after["PName"]) == (None, None, None)
    assert (after["StatusFlag"], after["UpdatedDate"]) == ("U", NOW)


@pytest.mark.parametrize(("old", "new"), [("N", "U"), ("D", "U"), ("W", "W"), ("I", "I"), (None, None)])
def test_statuses_that_people_set_stay(old: str | None, new: str | None) -> None:
    assert (
        outcome(same_times(conflictvisitmaps=[pair({"StatusFlag": old})])).rows[Decimal(1)]["StatusFlag"]
        == new
    )


@pytest.mark.parametrize(("old", "new"), [("N", ("Y", "N")), ("Y", ("Y", "Y")), (None, (None, None))])
def test_a_rule_flag_changes_only_from_n(old: str | None, new: tuple[str | None, str | None]) -> None:
    flags = dict.fromkeys(RULES, old)

    after = outcome(same_times(conflictvisitmaps=[pair(flags)])).rows[Decimal(1)]

    assert (after["SameVisitTimeFlag"], after["SameSchTimeFlag"]) == new


@pytest.mark.parametrize(
    "values", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": date(2026, 3, 4)}]
)
def test_a_row_that_is_not_eligible_is_not_touched(values: dict[str, Any]) -> None:
    old = pair(values)

    result = outcome(same_times(conflictvisitmaps=[old]))

    assert result == Expected(rows={Decimal(1): old})


def test_a_guarded_row_is_marked_and_otherwise_left_alone() -> None:
    old = pair({"ConPTOEndDate": at("00:00")})

    result = outcome(same_times(conflictvisitmaps=[old]))

    assert result == Expected(rows={Decimal(1): {**old, "UpdateFlag": Decimal(1)}}, eligible=1, guarded=1)


def test_the_newest_gps_address_counts_and_an_unknown_age_is_oldest() -> None:
    def address(name: str, created: int | None, kind: str = "GPS", *, primary: bool = True) -> dict[str, Any]:
        values: dict[str, Any] = {
            "Patient Address Id": name,
            "Patient Id": "pp",
            "Primary Address": primary,
            "Address Type": kind,
        }
        if created:
            values["Application Created UTC Timestamp"] = datetime(created, 1, 1, tzinfo=timezone.utc)
        return row("dimpatientaddress", values)

    visits = [
        visit(number, {"Provider Patient Id": "pp"}, scheduled=OPEN, actual=NINE_TO_ELEVEN)
        for number in (1, 2)
    ]
    addresses = [
        address("a9", None),
        address("a1", 2020),
        address("a3", 2020),
        address("a2", 2020),
        address("a4", 2025, "gps"),
        address("a5", 2025, primary=False),
    ]

    after = outcome(world(*visits, dimpatientaddress=addresses)).rows[Decimal(1)]

    assert (after["P_PAddressID"], after["PLatitude"]) == ("a3", None)


@pytest.mark.parametrize("rows", [0, 2])
def test_settings_without_exactly_one_row_stop_the_cycle(rows: int) -> None:
    with pytest.raises(ValueError, match="exactly one row"):
        outcome(same_times(settings=[row("settings", {"ID": Decimal(n)}) for n in range(rows)]))


def test_numbers_are_kept_as_postgres_keeps_them() -> None:
    assert [str(round_half_away(Decimal(text), 2)) for text in ("0.005", "-0.005", "12.344")] == [
        "0.01",
        "-0.01",
        "12.34",
    ]
    assert [text_of_double(value) for value in (40.0, -73.5, 0.00001, 0.0001)] == [
        "40",
        "-73.5",
        "1e-05",
        "0.0001",
    ]
    assert stored("x" * 30, "varchar(20)") == "x" * 20
    assert stored(Decimal("69.5"), "numeric(38,0)") == 70
