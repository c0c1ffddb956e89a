from datetime import date, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, chunk, cycle, insert, pair
from conflict_pipeline_tests.sql.steps.redetect.two_chunks import NEXT_DAY, SECOND_SSN, ledger_rows

__all__ = ["ledger_rows"]  # fixture


def rows_of(session: Session, of_chunk: Row, **window: date) -> list[int]:
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    session.execute("cycles/create_chunk_row")
    count = session.execute("cycles/insert_chunk_rows", {**of_chunk, **WINDOW, **window}).rowcount
    rows = session.conn.execute("SELECT row_id FROM chunk_row ORDER BY row_id").fetchall()
    assert count == len(rows)
    return [int(row["row_id"]) for row in rows]


@pytest.mark.parametrize(
    ("day", "ssn", "owner"),
    [
        pytest.param(DAY, SSN, 1, id="the first key is in"),
        pytest.param(DAY, "900000001x", 1, id="a key between is in"),
        pytest.param(DAY, SECOND_SSN, 2, id="the end is the next chunk's"),
        pytest.param(DAY, "900000000", None, id="a key before is out"),
        pytest.param(DAY, "\N{FULLWIDTH DIGIT NINE}", 2, id="any other SSN of the day"),
        pytest.param(NEXT_DAY, None, None, id="no SSN, at the end"),
        pytest.param(DAY, None, None, id="no SSN sorts first"),
        pytest.param(DAY - timedelta(days=1), SECOND_SSN, None, id="the day before"),
    ],
)
def test_a_row_is_in_the_range_of_one_chunk(
    scratch: Session, ledger_rows: tuple[Row, Row], day: date, ssn: str | None, owner: int | None
) -> None:
    pair(scratch, 5, VisitDate=day, SSN=ssn)

    assert [rows_of(scratch, of_chunk) == [5] for of_chunk in ledger_rows] == [owner == 1, owner == 2]


def test_a_row_without_ssn_is_where_the_empty_one_is(scratch: Session) -> None:
    whole_day = chunk(scratch, cycle(scratch), from_date=DAY, to_date=NEXT_DAY)
    pair(scratch, 1, SSN=None)
    pair(scratch, 2, SSN="")

    assert rows_of(scratch, whole_day) == [1, 2]


@pytest.mark.parametrize(
    "columns",
    [
        {"CONFLICTID": None},
        {"VisitDate": None},
        {"VisitDate": WINDOW["window_start"] - timedelta(days=1)},
        {"VisitDate": WINDOW["window_end"] + timedelta(days=1)},
    ],
)
def test_a_row_that_is_not_eligible_is_in_no_chunk(scratch: Session, columns: dict[str, Any]) -> None:
    everything = chunk(scratch, cycle(scratch), from_date=date.min, to_date=date.max)
    pair(scratch, 5, **columns)

    assert rows_of(scratch, everything) == []


@pytest.mark.parametrize("day", WINDOW.values(), ids=["first", "last"])
def test_the_window_includes_both_its_ends(scratch: Session, day: date) -> None:
    everything = chunk(scratch, cycle(scratch), from_date=date.min, to_date=date.max)
    pair(scratch, 5, VisitDate=day)

    assert rows_of(scratch, everything) == [5]


def test_guarded_rows_and_rows_with_any_status_are_in(scratch: Session) -> None:
    everything = chunk(scratch, cycle(scratch), from_date=date.min, to_date=date.max)
    pair(scratch, 5, InserviceStartDate=DAY, StatusFlag="W", UpdateFlag=1)

    assert rows_of(scratch, everything) == [5]


def test_a_row_that_another_chunk_moved_here_is_not_taken_again(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    first, second = ledger_rows
    pair(scratch, 5, SSN=SECOND_SSN)
    moved_row(scratch, 5, first)

    assert rows_of(scratch, second) == []


def test_a_row_that_this_chunk_moved_away_is_still_its_own(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    first, _ = ledger_rows
    pair(scratch, 5, SSN=SECOND_SSN)
    moved_row(scratch, 5, first)

    assert rows_of(scratch, first) == [5]


def test_a_row_that_this_chunk_moved_within_its_range_is_there_once(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    first, _ = ledger_rows
    pair(scratch, 5)
    moved_row(scratch, 5, first)

    assert rows_of(scratch, first) == [5]


@pytest.mark.parametrize("columns", [{"CONFLICTID": None}, {"VisitDate": date(2020, 1, 1)}])
def test_a_moved_row_that_is_not_eligible_any_more_is_left_out(
    scratch: Session, ledger_rows: tuple[Row, Row], columns: dict[str, Any]
) -> None:
    first, _ = ledger_rows
    pair(scratch, 5, **columns)
    moved_row(scratch, 5, first)

    assert rows_of(scratch, first) == []


def test_what_an_earlier_cycle_moved_belongs_to_its_range_again(scratch: Session) -> None:
    earlier = chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))
    moved_row(scratch, 5, earlier)
    now = chunk(scratch, cycle(scratch), from_date=DAY, from_ssn=SSN, to_date=NEXT_DAY)
    pair(scratch, 5)

    assert rows_of(scratch, now) == [5]


def moved_row(session: Session, row_id: int, by: Row) -> None:
    values = {"cycle_id": by["cycle_id"], "row_id": row_id, "chunk_id": by["chunk_id"]}
    insert(session, "conflict_moved_row", **values)
