"""Boundary cases of the figures about totals, changes, status and data quality."""

from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.report.prepared import both_ways, figure, prepare
from conflict_pipeline_tests.rows import DAY, Row, at, chunk, cycle, insert, pair

COMPLETE: Row = {
    **{f"{side}{name}": at(clock) for side in ("", "Con") for name, clock in (
        ("VisitStartTime", "09:00"), ("VisitEndTime", "10:00"),
    )},
    "DistanceMilesFromLatLng": 5,
    "AverageMilesPerHour": 30,
    "Contract": "Payer",
}  # fmt: skip


def issues(rows: list[Row]) -> dict[str, int]:
    return {row["issue"]: row["count"] for row in rows if row["count"]}


def test_totals_count_pairs_visits_aides_and_amounts_once(scratch: Session) -> None:
    amounts = {"TotalBilledAmount": 100, "ConTotalBilledAmount": 50}
    providers = {"ProviderID": "p1", "ConProviderID": "p2"}
    both_ways(scratch, 1, "v1", "v2", **amounts, **providers)
    both_ways(scratch, 3, "v1", "v3", **amounts, **providers, SSN="900000001")
    pair(scratch, 5, VisitID="v4", ConVisitID="v5", SSN="900000002", TotalBilledAmount=Decimal("7.25"))
    pair(scratch, 6, VisitID="v6", ConVisitID="v7", UpdateFlag=1, TotalBilledAmount=1_000)
    pair(scratch, 7, VisitID="v6", ConVisitID="v7", UpdateFlag=1, PTOEndDate=DAY)

    (found,) = figure(scratch, "totals")

    assert found == {
        "pairs": 3,
        "rows": 5,
        "eligible_rows": 7,
        "not_redetected_rows": 1,
        "guarded_rows": 1,
        "visits": 5,
        "aides": 2,
        "providers": 2,
        "primary_amount": Decimal("207.25"),
        "conflicting_amount": Decimal("200.00"),
        "amount": Decimal("207.25"),
        "implausible_visits": 0,
        "implausible_amount": 0,
    }


def test_totals_keep_implausible_amounts_apart(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", TotalBilledAmount=100, ConTotalBilledAmount=20_000)

    (found,) = figure(scratch, "totals")

    assert (found["amount"], found["implausible_visits"], found["implausible_amount"]) == (100, 1, 20_000)


def test_new_rows_are_unknown_without_an_earlier_completed_cycle(scratch: Session) -> None:
    cycle(scratch, cycle_key="c20260301t000000", state="superseded", last_row_id=1)
    pair(scratch)

    (found,) = figure(scratch, "changes")

    assert found == {
        "previous_cycle_key": None, "new_rows": None, "reopened_rows": 0, "resolved_rows": 0,
    }  # fmt: skip


def test_new_rows_are_those_above_the_last_id_of_the_previous_completed_cycle(scratch: Session) -> None:
    cycle(scratch, cycle_key="c20260227t000000", state="completed", last_row_id=1)
    cycle(scratch, cycle_key="c20260228t000000", state="completed", last_row_id=5)
    cycle(scratch, cycle_key="c20260301t000000", state="superseded", last_row_id=6)
    for number in (4, 5, 6, 7):
        pair(scratch, number)
    pair(scratch, 8, UpdateFlag=1)

    (found,) = figure(scratch, "changes")

    assert (found["previous_cycle_key"], found["new_rows"]) == ("c20260228t000000", 2)


@pytest.mark.parametrize(
    ("before", "now", "flag", "is_reopened"),
    [
        ("R", "U", None, True),
        ("D", "U", None, True),
        ("U", "U", None, False),
        ("W", "W", None, False),
        (None, None, None, False),
        ("R", "R", 1, False),
        ("R", "U", 1, False),
    ],
)
def test_a_detected_row_that_was_set_back_to_u_is_reopened(
    scratch: Session, before: str | None, now: str | None, flag: int | None, is_reopened: bool
) -> None:
    insert(scratch, "conflictvisitmaps_temp", ID=1, ConStatusFlag=before, StatusFlag="R")
    pair(scratch, 1, StatusFlag=now, UpdateFlag=flag)

    (found,) = figure(scratch, "changes")

    assert found["reopened_rows"] == int(is_reopened)


@pytest.mark.parametrize(
    ("columns", "is_resolved"),
    [
        ({"UpdateFlag": 1}, True),
        ({"UpdateFlag": 1, "ResolveDate": "2026-03-01"}, False),
        ({"UpdateFlag": 1, "PTOEndDate": DAY}, False),
        ({}, False),
    ],
)
def test_a_row_that_is_not_detected_and_has_no_resolve_date_is_resolved(
    scratch: Session, columns: dict[str, Any], is_resolved: bool
) -> None:
    pair(scratch, **columns)

    (found,) = figure(scratch, "changes")

    assert found["resolved_rows"] == int(is_resolved)


def test_rows_are_counted_by_their_status_before_and_after(scratch: Session) -> None:
    moves = [("R", "U", None), ("R", "U", None), ("R", "R", 1), (None, None, 1), ("U", "U", None)]
    for number, (before, now, flag) in enumerate(moves, start=1):
        insert(scratch, "conflictvisitmaps_temp", ID=number, ConStatusFlag=before, StatusFlag="N")
        pair(scratch, number, StatusFlag=now, UpdateFlag=flag)
    pair(scratch, 9)
    insert(scratch, "conflictvisitmaps_temp", ID=10, ConStatusFlag="U")

    found = [tuple(row.values()) for row in figure(scratch, "status_moves")]

    assert found == [("R", "R", 0, 1), ("R", "U", 2, 0), ("U", "U", 1, 0), (None, None, 0, 1)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, {}),
        ({"VisitEndTime": None}, {"one actual time": 1}),
        ({"ConVisitStartTime": None}, {"one actual time": 1}),
        ({"ConVisitStartTime": None, "ConVisitEndTime": None}, {"no times": 1}),
        ({"DistanceMilesFromLatLng": None}, {"no distance": 1}),
        ({"AverageMilesPerHour": None}, {"no speed": 1}),
        ({"AverageMilesPerHour": 0}, {"no speed": 1}),
        ({"SSN": None}, {"no SSN": 1}),
        ({"SSN": " "}, {"no SSN": 1}),
        ({"Contract": None}, {"no payer": 1}),
        ({"AideName": "x" * 101}, {"cut names": 1}),
    ],
)
def test_every_gap_in_a_row_is_counted(
    scratch: Session, columns: dict[str, Any], expected: dict[str, int]
) -> None:
    pair(scratch, **{**COMPLETE, **columns})

    found = figure(scratch, "quality")

    assert len(found) == 8
    assert issues(found) == expected


def test_unreadable_gps_texts_are_those_counted_by_the_chunks(scratch: Session) -> None:
    values = prepare(scratch)
    assert issues(scratch.rows("report/select_quality", values)) == {}
    for number in (1, 2):
        counts = Jsonb({"redetect": {"bad_gps": number}})
        chunk(scratch, {**values, "cycle_key": "c1"}, number, state="completed", counts=counts)

    assert issues(scratch.rows("report/select_quality", values)) == {"unreadable GPS texts": 3}


def test_the_last_cycles_come_with_their_counts_and_rates(scratch: Session) -> None:
    start, end = "2026-03-02 11:00:00", "2026-03-02 11:00:10"
    for number, mode in enumerate(("full", "incremental"), start=1):
        of_cycle = cycle(
            scratch, cycle_key=f"c{number}", state="completed", mode=mode,
            opened_at=start, planned_at=start, closed_at="2026-03-02 11:01:00",
        )  # fmt: skip
        redetect = {"rows": 30, "redetected": 20, "not_redetected": 10, "written": 5}
        times = {"started_at": start, "finished_at": end, "attempts": 3, "planned": 30}
        chunk(scratch, of_cycle, 1, state="completed", counts=Jsonb({"redetect": redetect}), **times)
    cycle(scratch, cycle_key="c3", planned_at=None)

    found = scratch.rows("report/select_last_cycles", {"cycles": 12})

    names = (
        "mode",
        "seconds",
        "rows",
        "redetected",
        "not_redetected",
        "rows_per_second",
        "repeated_attempts",
    )
    assert [tuple(row[name] for name in ("cycle_key", *names)) for row in found] == [
        ("c2", "incremental", 60, 30, 20, 10, 3.0, 2),
        ("c1", "full", 60, 30, 20, 10, 3.0, 2),
    ]
