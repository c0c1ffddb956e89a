from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, WINDOW, Row, at, pair
from conflict_pipeline_tests.sql.report.prepared import LAST_ROW_ID, prepare


def rows(session: Session) -> list[Row]:
    prepare(session)
    return session.conn.execute("SELECT * FROM report_row ORDER BY row_id").fetchall()


@pytest.mark.parametrize(
    ("columns", "is_in"),
    [
        pytest.param({}, True, id="eligible"),
        pytest.param({"UpdateFlag": 1}, True, id="marked"),
        pytest.param({"CONFLICTID": None}, False, id="no parent"),
        pytest.param({"VisitDate": WINDOW["window_start"]}, True, id="first day"),
        pytest.param({"VisitDate": WINDOW["window_end"]}, True, id="last day"),
        pytest.param({"VisitDate": WINDOW["window_start"] - timedelta(days=1)}, False, id="day before"),
        pytest.param({"VisitDate": WINDOW["window_end"] + timedelta(days=1)}, False, id="day after"),
        pytest.param({"VisitDate": None}, False, id="no date"),
        pytest.param({"ID": LAST_ROW_ID}, True, id="the last when it was planned"),
        pytest.param({"ID": LAST_ROW_ID + 1}, False, id="added since"),
    ],
)
def test_eligible_rows_that_the_cycle_could_see_are_in(
    scratch: Session, columns: dict[str, Any], is_in: bool
) -> None:
    pair(scratch, **columns)

    assert bool(rows(scratch)) is is_in


@pytest.mark.parametrize(
    ("flag", "is_current"), [(None, True), (1, False), (0, False)], ids=["none", "marked", "other"]
)
def test_a_row_without_a_mark_is_current(scratch: Session, flag: int | None, is_current: bool) -> None:
    pair(scratch, UpdateFlag=flag)

    (row,) = rows(scratch)

    assert row["is_current"] is is_current


@pytest.mark.parametrize(
    "guard", ["InserviceStartDate", "PTOEndDate", "ConInserviceEndDate", "ConPTOStartDate", None]
)
def test_in_service_and_time_off_guard_a_row(scratch: Session, guard: str | None) -> None:
    columns: dict[str, Any] = {guard: DAY} if guard else {}
    pair(scratch, **columns)

    (row,) = rows(scratch)

    assert row["is_guarded"] is (guard is not None)


def test_a_visit_starts_when_it_did_and_else_when_it_should(scratch: Session) -> None:
    pair(scratch, SchStartTime=at("08:00"), VisitStartTime=at("08:05"), ConSchStartTime=at("09:00"))

    (row,) = rows(scratch)

    assert (row["starts_at"], row["con_starts_at"]) == (at("08:05"), at("09:00"))


@pytest.mark.parametrize(
    ("times", "half", "timeless"),
    [
        ({"VisitStartTime": "08:00"}, True, False),
        ({"VisitEndTime": "08:00"}, True, False),
        ({"VisitStartTime": "08:00", "VisitEndTime": "09:00"}, False, False),
        ({"SchStartTime": "08:00", "SchEndTime": "09:00"}, False, False),
        ({"SchStartTime": "08:00"}, False, True),
        ({}, False, True),
    ],
)
def test_half_and_missing_times_are_told_apart_on_either_side(
    scratch: Session, times: dict[str, str], half: bool, timeless: bool
) -> None:
    pair(scratch, 1, **{name: at(clock) for name, clock in times.items()})
    pair(scratch, 2, **{f"Con{name}": at(clock) for name, clock in times.items()})

    primary, conflicting = rows(scratch)

    assert (primary["is_half_done"], primary["is_timeless"]) == (half, timeless)
    assert (conflicting["is_con_half_done"], conflicting["is_con_timeless"]) == (half, timeless)


@pytest.mark.parametrize(
    ("columns", "is_cut"),
    [
        ({"AideName": "x" * 101}, True),
        ({"ConAideName": "x" * 100}, False),
        ({"ProviderName": "x" * 100}, True),
        ({"ConContract": "x" * 50}, True),
        ({"Contract": "x" * 49}, False),
        ({"ConPA_PName": "x" * 201}, True),
    ],
)
def test_a_name_that_fills_its_column_was_probably_cut(
    scratch: Session, columns: dict[str, Any], is_cut: bool
) -> None:
    pair(scratch, **columns)

    (row,) = rows(scratch)

    assert bool(row["has_cut_name"]) is is_cut


def test_a_blank_ssn_is_none(scratch: Session) -> None:
    pair(scratch, 1, SSN="  ")
    pair(scratch, 2, SSN=" 900000001 ")

    assert [row["ssn"] for row in rows(scratch)] == [None, "900000001"]
