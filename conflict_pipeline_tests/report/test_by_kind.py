"""Boundary cases of the figures about rules, months, hours and travel."""

from dataclasses import replace
from datetime import date

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report import by_kind
from conflict_pipeline.report.figures import Report
from conflict_pipeline_tests.report.prepared import both_ways, figure
from conflict_pipeline_tests.rows import WINDOW, at, band, pair

GRID = {"mile_step": 2.5, "minute_step": 3, "most_miles": 100, "most_minutes": 120}


def test_each_rule_counts_its_own_column(scratch: Session) -> None:
    for number, rule in enumerate(RULE_COLUMNS, start=1):
        for copy in range(number):
            pair(scratch, 10 * number + copy, VisitID=f"a{number}", ConVisitID=f"b{copy}", **{rule: "Y"})

    found = figure(scratch, "rules")

    assert [row["rule"] for row in found] == list(RULE_COLUMNS)
    assert [row["pairs"] for row in found] == [1, 2, 3, 4, 5, 6, 7]


def test_a_rule_counts_a_pair_once_and_only_if_it_was_detected(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", DistanceFlag="Y", SameSchTimeFlag="Y")
    pair(scratch, 3, VisitID="v3", ConVisitID="v4", DistanceFlag="Y", UpdateFlag=1)
    pair(scratch, 4, VisitID="v5", ConVisitID="v6", DistanceFlag=None)

    found = {row["rule"]: (row["pairs"], row["rows"]) for row in figure(scratch, "rules") if row["pairs"]}

    assert found == {"SameSchTimeFlag": (1, 2), "DistanceFlag": (1, 2)}


def test_rows_are_counted_by_status_and_by_whether_they_were_detected(scratch: Session) -> None:
    rows = [("U", None), ("U", None), ("U", 1), ("R", 1), (None, None), (None, 1)]
    for number, (status, flag) in enumerate(rows, start=1):
        pair(scratch, number, StatusFlag=status, UpdateFlag=flag)

    found = figure(scratch, "statuses")

    assert [tuple(row.values()) for row in found] == [("U", 2, 1), (None, 1, 1), ("R", 0, 1)]


def test_pairs_and_visits_count_in_the_month_of_their_date(scratch: Session) -> None:
    amounts = {"TotalBilledAmount": 10, "ConTotalBilledAmount": 5}
    both_ways(scratch, 1, "v1", "v2", VisitDate=WINDOW["window_start"], **amounts)
    both_ways(scratch, 3, "v3", "v4", VisitDate=date(2026, 1, 31), **amounts)
    both_ways(scratch, 5, "v3", "v5", VisitDate=date(2026, 1, 31), **amounts)
    both_ways(scratch, 7, "v6", "v7", VisitDate=date(2026, 2, 1))

    found = figure(scratch, "months")

    months = [row["month"] for row in found]
    assert (months[0], months[-1], len(months)) == (date(2024, 3, 1), date(2026, 4, 1), 26)
    assert months == sorted(set(months))
    assert {row["month"]: (row["pairs"], row["amount"]) for row in found if row["pairs"]} == {
        date(2024, 3, 1): (1, 15),
        date(2026, 1, 1): (2, 20),
        date(2026, 2, 1): (1, 0),
    }


def test_a_pair_counts_in_the_hour_of_its_earlier_start_if_it_has_one(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", VisitStartTime=at("09:59:59"), ConVisitStartTime=at("10:00"))
    both_ways(scratch, 3, "v3", "v4", SchStartTime=at("09:00"))
    pair(scratch, 5, VisitID="v5", ConVisitID="v6", VisitDate=date(2026, 3, 8), VisitStartTime=at("00:00"))
    pair(scratch, 6, VisitID="v7", ConVisitID="v8")

    found = [tuple(row.values()) for row in figure(scratch, "hours")]

    # DAY is a Monday, the other date a Sunday.
    assert found == [(1, 9, 2), (7, 0, 1)]


def test_impossible_travel_is_counted_in_squares(scratch: Session) -> None:
    for number, (miles, minutes) in enumerate([(2.49, 0), (0, 2), (2.5, 3), (100, 3), (3, 120)], start=1):
        pair(
            scratch, number, VisitID=f"a{number}", ConVisitID=f"b{number}", DistanceFlag="Y",
            DistanceMilesFromLatLng=miles, MinuteDiffBetweenSch=minutes,
        )  # fmt: skip
    pair(scratch, 9, VisitID="possible", DistanceMilesFromLatLng=5, MinuteDiffBetweenSch=1)

    found = [tuple(row.values()) for row in figure(scratch, "travel", **GRID)]

    assert found == [(0.0, 0.0, 2), (2.5, 3.0, 1)]


def test_speed_bands_come_in_order_and_may_have_no_speed(scratch: Session) -> None:
    band(scratch, 1, 10, 20, 0)
    band(scratch, 2, 0, 10, 15)
    band(scratch, 3, 30, 20, 15)
    band(scratch, 4, 20, 30, None)

    found = scratch.rows("report/select_travel_bands")

    assert [tuple(row.values()) for row in found] == [
        (0.0, 10.0, 15.0),
        (10.0, 20.0, None),
        (20.0, 30.0, None),
    ]


def test_without_impossible_travel_there_is_no_range(scratch: Session) -> None:
    pair(scratch, DistanceMilesFromLatLng=5, MinuteDiffBetweenSch=1)

    (found,) = figure(scratch, "travel_range")

    assert found.pop("pairs") == 0
    assert set(found.values()) == {None}


def test_impossible_travel_is_drawn_where_no_travel_time_is_known(
    scratch: Session, one_row_report: Report
) -> None:
    columns = {"DistanceFlag": "Y", "DistanceMilesFromLatLng": 10, "MinuteDiffBetweenSch": 3}
    pair(scratch, 1, **columns, ETATravleMinutes=None)
    known = one_row_report.figures
    rows = {
        "travel_range": figure(scratch, "travel_range"),
        "travel_bands": [],
        "travel": [{"miles": 10.0, "minutes": 3.0, "pairs": 1}],
    }
    figures = {**known, **{name: replace(known[name], rows=found) for name, found in rows.items()}}

    block = by_kind.travel(replace(one_row_report, figures=figures))

    assert block.text == "Medians of 1 conflicts: 10.0 miles apart, 3 minutes available. "


def test_the_range_of_travel_uses_the_first_row_of_each_pair(scratch: Session) -> None:
    for number, miles in enumerate((10, 20, 30), start=1):
        one, other = f"a{number}", f"b{number}"
        pair(
            scratch, 10 * number, VisitID=one, ConVisitID=other, DistanceFlag="Y",
            DistanceMilesFromLatLng=miles, MinuteDiffBetweenSch=miles / 10, ETATravleMinutes=miles * 2,
        )  # fmt: skip
        pair(scratch, 10 * number + 1, VisitID=other, ConVisitID=one, DistanceMilesFromLatLng=99)

    (found,) = figure(scratch, "travel_range")

    assert found == {
        "pairs": 3, "median_miles": 20.0, "median_minutes": 2.0, "median_eta_minutes": 40.0,
        "most_miles": 30.0, "most_minutes": 3.0,
    }  # fmt: skip
