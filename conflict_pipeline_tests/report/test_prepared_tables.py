"""The temporary tables that all figures are computed from: their rows and the boundary cases of each flag."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.report.prepared import LAST_ROW_ID, both_ways, prepared_table
from conflict_pipeline_tests.rows import DAY, WINDOW, Row, at, insert, pair

DAY_BEFORE = WINDOW["window_start"] - timedelta(days=1)
DAY_AFTER = WINDOW["window_end"] + timedelta(days=1)


def report_rows(session: Session, *columns: dict[str, Any]) -> list[Row]:
    """Insert one row for each of these and return the rows of report_row."""
    for number, values in enumerate(columns, start=1):
        pair(session, **{"number": number, **values})
    return prepared_table(session, "report_row")


def flags(session: Session, flag: str, cases: list[tuple[dict[str, Any], bool]]) -> list[bool]:
    """Return the flag of each case's row."""
    return [bool(row[flag]) for row in report_rows(session, *(columns for columns, _ in cases))]


def test_report_row_has_the_eligible_rows_that_the_cycle_could_see(scratch: Session) -> None:
    eligible: list[dict[str, Any]] = [
        {},
        {"UpdateFlag": 1},
        {"VisitDate": WINDOW["window_start"]},
        {"VisitDate": WINDOW["window_end"]},
        {"number": LAST_ROW_ID},
    ]
    others: list[dict[str, Any]] = [
        {"CONFLICTID": None},
        {"VisitDate": DAY_BEFORE},
        {"VisitDate": DAY_AFTER},
        {"VisitDate": None},
        {"number": LAST_ROW_ID + 1},
    ]

    found = report_rows(scratch, *eligible, *others)

    assert [row["row_id"] for row in found] == [1, 2, 3, 4, LAST_ROW_ID]


def test_a_row_is_detected_if_its_update_flag_is_null(scratch: Session) -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"UpdateFlag": None}, True),
        ({"UpdateFlag": 1}, False),
        ({"UpdateFlag": 0}, False),
    ]

    assert flags(scratch, "is_detected", cases) == [expected for _, expected in cases]


def test_in_service_and_time_off_guard_a_row(scratch: Session) -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"InserviceStartDate": DAY}, True),
        ({"PTOEndDate": DAY}, True),
        ({"ConInserviceEndDate": DAY}, True),
        ({"ConPTOStartDate": DAY}, True),
        ({}, False),
    ]

    assert flags(scratch, "is_guarded", cases) == [expected for _, expected in cases]


def test_a_visit_starts_at_its_actual_or_else_at_its_scheduled_time(scratch: Session) -> None:
    times = {"SchStartTime": at("08:00"), "VisitStartTime": at("08:05"), "ConSchStartTime": at("09:00")}

    (row,) = report_rows(scratch, times)

    assert (row["starts_at"], row["con_starts_at"]) == (at("08:05"), at("09:00"))


def test_incomplete_and_missing_times_are_told_apart_on_either_side(scratch: Session) -> None:
    cases: list[tuple[dict[str, str], bool, bool]] = [
        ({"VisitStartTime": "08:00"}, True, False),
        ({"VisitEndTime": "08:00"}, True, False),
        ({"VisitStartTime": "08:00", "VisitEndTime": "09:00"}, False, False),
        ({"SchStartTime": "08:00", "SchEndTime": "09:00"}, False, False),
        ({"SchStartTime": "08:00"}, False, True),
        ({}, False, True),
    ]
    expected = [(half, timeless) for _, half, timeless in cases]
    times = [{name: at(clock) for name, clock in given.items()} for given, *_ in cases]

    found = report_rows(
        scratch, *times, *({f"Con{name}": time for name, time in given.items()} for given in times)
    )

    primary, conflicting = found[: len(cases)], found[len(cases) :]
    assert [(row["is_half_done"], row["is_timeless"]) for row in primary] == expected
    assert [(row["is_con_half_done"], row["is_con_timeless"]) for row in conflicting] == expected


def test_a_name_that_fills_its_column_counts_as_cut(scratch: Session) -> None:
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"AideName": "x" * 101}, True),
        ({"ConAideName": "x" * 100}, False),
        ({"ProviderName": "x" * 100}, True),
        ({"ConContract": "x" * 50}, True),
        ({"Contract": "x" * 49}, False),
        ({"ConPA_PName": "x" * 201}, True),
    ]

    assert flags(scratch, "has_cut_name", cases) == [expected for _, expected in cases]


def test_a_blank_ssn_is_null(scratch: Session) -> None:
    found = report_rows(scratch, {"SSN": "  "}, {"SSN": " 900000001 "})

    assert [row["ssn"] for row in found] == [None, "900000001"]


def test_report_before_has_the_status_of_the_row_and_not_of_its_parent(scratch: Session) -> None:
    insert(scratch, "conflictvisitmaps_temp", ID=1, ConStatusFlag="R", StatusFlag="U")
    insert(scratch, "conflictvisitmaps_temp", ID=2, ConStatusFlag=None, StatusFlag="U")

    found = prepared_table(scratch, "report_before")

    assert [tuple(row.values()) for row in found] == [(1, "R"), (2, None)]


def test_report_pair_has_one_row_for_both_orders_of_a_pair(scratch: Session) -> None:
    both_ways(
        scratch, 1, "v2", "v1", ProviderID="p2", ConProviderID="p1",
        VisitStartTime=at("09:00"), ConVisitStartTime=at("08:30"),
    )  # fmt: skip
    pair(scratch, 3, VisitID="v3", ConVisitID="v4", DistanceFlag="Y")
    pair(scratch, 4, VisitID="v4", ConVisitID="v3", SameSchTimeFlag="N")
    pair(scratch, 5, VisitID="v5", ConVisitID="v6", UpdateFlag=1)
    pair(scratch, 6, VisitID="v7", ConVisitID=None)
    pair(scratch, 7, VisitID=None, ConVisitID="v7")

    one, other, unknown = prepared_table(scratch, "report_pair")

    assert (one["rows"], one["first_row_id"], one["visit_id"], one["con_visit_id"]) == (2, 1, "v1", "v2")
    assert (one["provider_id"], one["con_provider_id"]) == ("p1", "p2")
    assert one["starts_at"] == at("08:30")
    assert (other["rows"], other["distance"], other["same_sch_time"]) == (2, True, False)
    assert (unknown["rows"], unknown["visit_id"]) == (2, "v7")


def test_report_visit_has_each_visit_of_detected_rows_once_with_its_own_values(scratch: Session) -> None:
    one = {"Contract": "one", "ProviderID": "p1", "TotalBilledAmount": 10_000}
    too_much = Decimal("10000.001")
    both_ways(
        scratch, 1, "v1", "v2", **one, ConContract="two", ConProviderID="p2", ConTotalBilledAmount=too_much
    )
    both_ways(scratch, 3, "v1", "v3", **one, ConContract="three", ConProviderID="p3")
    pair(scratch, 5, VisitID="v4", ConVisitID="v5", TotalBilledAmount=5, ConTotalBilledAmount=7)
    pair(scratch, 6, VisitID="v6", ConVisitID=None)
    pair(scratch, 7, VisitID="v7", ConVisitID="v8", UpdateFlag=1)

    rows = prepared_table(scratch, "report_visit")

    found = {row["visit_id"]: row for row in rows}
    assert [row["visit_id"] for row in rows] == ["v1", "v2", "v3", "v4", "v5", "v6"]
    assert [(found[name]["payer"], found[name]["provider_id"]) for name in ("v1", "v2", "v3")] == [
        ("one", "p1"),
        ("two", "p2"),
        ("three", "p3"),
    ]
    assert (found["v1"]["amount"], found["v1"]["implausible_amount"]) == (10_000, None)
    assert (found["v2"]["amount"], found["v2"]["implausible_amount"]) == (None, too_much)
    assert (found["v4"]["is_primary"], found["v4"]["is_conflicting"]) == (True, False)
    assert (found["v4"]["primary_amount"], found["v4"]["conflicting_amount"]) == (5, None)
    assert (found["v5"]["primary_amount"], found["v5"]["conflicting_amount"]) == (None, 7)
