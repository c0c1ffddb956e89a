"""Which rows belong to a chunk, and which keys a plan cuts."""

from datetime import date, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, chunk, cycle, insert, pair
from conflict_pipeline_tests.two_chunks import NEXT_DAY, SECOND_SSN, ledger_rows

__all__ = ["ledger_rows"]  # fixtures

not_eligible = pytest.mark.parametrize(
    "columns",
    [
        {"CONFLICTID": None},
        {"VisitDate": None},
        {"VisitDate": WINDOW["window_start"] - timedelta(days=1)},
        {"VisitDate": WINDOW["window_end"] + timedelta(days=1)},
    ],
)


def keys(session: Session) -> list[tuple[date, str, int]]:
    rows = session.rows("cycles/select_keys", WINDOW)
    return [(row["visit_date"], row["ssn"], row["rows"]) for row in rows]


def test_rows_are_counted_by_date_and_ssn_in_chunk_order(scratch: Session) -> None:
    for number, (day, ssn) in enumerate(
        [(NEXT_DAY, SSN), (DAY, "900000002"), (DAY, SSN), (DAY, "b"), (DAY, "B"), (DAY, SSN)], start=1
    ):
        pair(scratch, number, VisitDate=day, SSN=ssn)

    assert keys(scratch) == [
        (DAY, SSN, 2),
        (DAY, "900000002", 1),
        (DAY, "B", 1),
        (DAY, "b", 1),
        (NEXT_DAY, SSN, 1),
    ]


def test_rows_without_ssn_are_one_key_that_sorts_first(scratch: Session) -> None:
    for number, ssn in enumerate((SSN, None, "", None), start=1):
        pair(scratch, number, SSN=ssn)

    assert keys(scratch) == [(DAY, "", 3), (DAY, SSN, 1)]


@pytest.mark.parametrize("day", WINDOW.values(), ids=["first", "last"])
def test_the_window_includes_both_its_ends(scratch: Session, day: date) -> None:
    pair(scratch, VisitDate=day)

    assert keys(scratch) == [(day, SSN, 1)]


@not_eligible
def test_rows_that_are_not_eligible_do_not_count(scratch: Session, columns: dict[str, Any]) -> None:
    pair(scratch, **columns)

    assert keys(scratch) == []


def changed_row_keys(session: Session, cycle_id: int) -> list[tuple[date, str, int]]:
    rows = session.rows("cycles/select_changed_row_keys", {"cycle_id": cycle_id})
    return [(row["visit_date"], row["ssn"], row["rows"]) for row in rows]


def test_the_rows_of_a_scope_are_counted_by_date_and_ssn_in_chunk_order(scratch: Session) -> None:
    other = cycle(scratch, cycle_key="c1", state="completed")["cycle_id"]
    mine = cycle(scratch)["cycle_id"]
    places = [(NEXT_DAY, SSN), (DAY, "b"), (DAY, "B"), (DAY, SSN), (DAY, SSN), (DAY, "")]
    for number, (day, ssn) in enumerate(places):
        insert(scratch, "conflict_changed_row", cycle_id=mine, visit_date=day, ssn=ssn, row_id=number)
    insert(scratch, "conflict_changed_row", cycle_id=other, visit_date=DAY, ssn="other", row_id=1)

    assert changed_row_keys(scratch, mine) == [
        (DAY, "", 1),
        (DAY, SSN, 2),
        (DAY, "B", 1),
        (DAY, "b", 1),
        (NEXT_DAY, SSN, 1),
    ]


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


def whole_window(session: Session) -> Row:
    """The only chunk of a plan."""
    day_after = WINDOW["window_end"] + timedelta(days=1)
    return chunk(session, cycle(session), from_date=WINDOW["window_start"], to_date=day_after)


@not_eligible
def test_a_row_that_is_not_eligible_is_in_no_chunk(scratch: Session, columns: dict[str, Any]) -> None:
    everything = whole_window(scratch)
    pair(scratch, 5, **columns)

    assert rows_of(scratch, everything) == []


@pytest.mark.parametrize("day", WINDOW.values(), ids=["first", "last"])
def test_a_chunk_of_the_window_includes_both_its_ends(scratch: Session, day: date) -> None:
    everything = whole_window(scratch)
    pair(scratch, 5, VisitDate=day)

    assert rows_of(scratch, everything) == [5]


def test_guarded_rows_and_rows_with_any_status_are_in(scratch: Session) -> None:
    everything = whole_window(scratch)
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


def plan(session: Session, of_chunk: Row, row_id: int, day: date = DAY, ssn: str = SSN) -> None:
    values = {"cycle_id": of_chunk["cycle_id"], "visit_date": day, "ssn": ssn, "row_id": row_id}
    insert(session, "conflict_changed_row", **values)


def changed_rows_of(session: Session, of_chunk: Row) -> list[tuple[int, str, str]]:
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    session.execute("cycles/create_chunk_row")
    count = session.execute("cycles/insert_chunk_changed_rows", {**of_chunk, **WINDOW}).rowcount
    rows = session.conn.execute("SELECT * FROM chunk_row ORDER BY row_id").fetchall()
    assert count == len(rows)
    return [(int(row["row_id"]), row["visit_id"], row["con_visit_id"]) for row in rows]


@pytest.mark.parametrize(
    ("day", "ssn", "owner"),
    [
        pytest.param(DAY, SSN, 1, id="the first key is in"),
        pytest.param(DAY, "900000001x", 1, id="a key between is in"),
        pytest.param(DAY, SECOND_SSN, 2, id="the end is the next chunk's"),
        pytest.param(DAY, "900000000", None, id="a key before is out"),
        pytest.param(NEXT_DAY, "", None, id="no SSN, at the end"),
        pytest.param(DAY, "", None, id="no SSN sorts first"),
    ],
)
def test_a_row_is_in_the_chunk_to_whose_range_the_plan_gave_it(
    scratch: Session, ledger_rows: tuple[Row, Row], day: date, ssn: str, owner: int | None
) -> None:
    plan(scratch, ledger_rows[0], 5, day, ssn)
    pair(scratch, 5)

    found = [changed_rows_of(scratch, of_chunk) for of_chunk in ledger_rows]
    assert found == [[(5, "v1", "v2")] if owner == number else [] for number in (1, 2)]


def test_a_row_that_has_got_another_key_since_is_still_its_own(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    plan(scratch, ledger_rows[0], 5)
    pair(scratch, 5, SSN=SECOND_SSN, VisitDate=NEXT_DAY)

    assert [bool(changed_rows_of(scratch, of_chunk)) for of_chunk in ledger_rows] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": date(2020, 1, 1)}]
)
def test_one_that_is_not_eligible_any_more_is_left_out(
    scratch: Session, ledger_rows: tuple[Row, Row], columns: dict[str, Any]
) -> None:
    plan(scratch, ledger_rows[0], 5)
    pair(scratch, 5, **columns)

    assert changed_rows_of(scratch, ledger_rows[0]) == []


def test_rows_that_are_not_in_the_scope_of_its_cycle_are_left_out(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    plan(scratch, chunk(scratch, cycle(scratch, cycle_key="c1", state="completed")), 5)
    plan(scratch, ledger_rows[0], 6)
    pair(scratch, 5)

    assert changed_rows_of(scratch, ledger_rows[0]) == []
