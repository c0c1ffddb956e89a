from decimal import Decimal

import pytest

from conflict_pipeline.parity.row import Gap, is_rounded, number, place, travel_minutes
from conflict_pipeline_tests.parity.pairs import Texts, micros, pair

NAMES = ("PLatitude", "PLongitude")


def test_the_gap_is_in_minutes_and_in_boundaries_of_minutes() -> None:
    found = pair(both={"VisitEndTime": micros("10:59:59"), "ConVisitStartTime": micros("11:01:00.5")}).gaps()

    assert found == [Gap(Decimal("1.025"), 2)]


@pytest.mark.parametrize(
    ("primary", "conflicting", "minutes"),
    [
        (("09:00", "10:00"), ("10:30", "11:00"), [30]),
        (("10:30", "11:00"), ("09:00", "10:00"), [30]),
        (("09:00", "10:00"), ("10:00", "11:00"), []),
        (("09:00", "10:00"), ("09:30", "11:00"), []),
        (("11:00", "09:00"), ("10:00", "10:30"), [30, 60]),
    ],
    ids=["before", "after", "touching", "overlapping", "ends before it starts"],
)
def test_gaps_are_positive_and_the_shortest_is_first(
    primary: tuple[str, str], conflicting: tuple[str, str], minutes: list[int]
) -> None:
    names = ("VisitStartTime", "VisitEndTime", "ConVisitStartTime", "ConVisitEndTime")
    times: Texts = dict(zip(names, map(micros, primary + conflicting), strict=True))

    assert [gap.minutes for gap in pair(both=times).gaps()] == minutes


def test_a_gap_needs_four_times_on_which_the_systems_agree() -> None:
    assert pair(snowflake={"VisitEndTime": micros("10:00")}).gaps() == []
    assert pair(both={"VisitEndTime": None}).gaps() == []
    without = pair()
    assert type(without)({}, {}).gaps() == []


def test_rule_7_can_be_computed_with_either_error() -> None:
    row = pair(both={"DistanceMilesFromLatLng": "10.40", "ConVisitStartTime": micros("11:20:40")})
    late = pair(both={"VisitEndTime": micros("10:59:50"), "ConVisitStartTime": micros("11:20:05")})

    assert row.is_too_far(whole_miles=False, boundaries=False)
    assert not row.is_too_far(whole_miles=True, boundaries=False)
    assert late.is_too_far(whole_miles=False, boundaries=False)
    assert not late.is_too_far(whole_miles=False, boundaries=True)


@pytest.mark.parametrize(
    ("miles", "speed", "exact", "whole"),
    [
        ("10.40", "30.00", "20.80", "20.00"),
        ("10.50", "30", "21.00", "22.00"),
        ("0.49", "60", "0.49", "0.00"),
        ("1" * 36 + ".55", "60", "1" * 36 + ".55", "1" * 35 + "2.00"),
    ],
)
def test_the_eta_is_computed_from_exact_or_whole_miles(
    miles: str, speed: str, exact: str, whole: str
) -> None:
    values = {"DistanceMilesFromLatLng": miles, "AverageMilesPerHour": speed}

    assert travel_minutes(values, whole_miles=False) == Decimal(exact)
    assert travel_minutes(values, whole_miles=True) == Decimal(whole)


@pytest.mark.parametrize(("miles", "speed"), [(None, "30"), ("10", None), ("10", "0.00"), ("x", "30")])
def test_without_miles_or_speed_there_is_no_eta(miles: str | None, speed: str | None) -> None:
    values = {"DistanceMilesFromLatLng": miles, "AverageMilesPerHour": speed}

    assert travel_minutes(values, whole_miles=False) is None


@pytest.mark.parametrize(
    ("text", "exact", "outcome"),
    [
        *(("21", "20.80", True), ("21", "20.50", True), ("20", "20.50", True), ("22", "20.80", False)),
        *((None, None, True), ("0", None, False), (None, "1", False), ("NaN", "1", False)),
    ],
)
def test_an_eta_is_compared_in_whole_minutes(text: str | None, exact: str | None, outcome: bool) -> None:
    assert is_rounded(text, exact and Decimal(exact)) is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", "x", "NaN", "Infinity", "-inf", "1,5"])
def test_a_text_that_is_not_a_finite_number_is_none(text: str | None) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_somewhere"),
    [
        *(("90", "-180", True), (" 1e1", "0", True), ("90.1", "0", False), ("0", "180.1", False)),
        *((None, "0", False), ("0", "", False), ("NaN", "0", False)),
    ],
)
def test_a_place_is_two_numbers_on_earth(latitude: str | None, longitude: str, is_somewhere: bool) -> None:
    found = place({"PLatitude": latitude, "PLongitude": longitude}, NAMES)

    assert (found is not None) is is_somewhere
