from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, chunk, cycle, pair, read
from conflict_pipeline_tests.sql.cycles.transactions import DAY_LATER, SAME_WINDOWS, from_here

CHANGE_ROW_2 = """UPDATE conflict.conflictvisitmaps SET "StatusFlag" = 'W' WHERE "ID" = 2"""
WRITTEN_BY_CHUNK = """UPDATE conflict.conflict_chunk SET state = %s, {} = x.xid8
    FROM (SELECT pg_current_xact_id() AS xid8) AS x"""


@pytest.fixture
def opened(session: Session) -> Row:
    """The base, and rows 1 to 3 that were written before it."""
    for number in (1, 2, 3):
        pair(session, number, VisitID=f"v{number}", ConVisitID=f"v{number + 10}")
    base = cycle(session, cycle_key="c1", state="completed")
    chunk(session, base)
    return {**base, "transactions_from": from_here(session)}


def scope(session: Session, base: Row, *changed_visits: str, windows: Row = SAME_WINDOWS) -> list[Row]:
    """The rows of the scope of a new cycle, where these visits have changed since the base."""
    values = {
        "baseline_cycle_id": base["cycle_id"],
        "transactions_from": base["transactions_from"],
        **windows,
    }
    with session.transaction(force_rollback=True):
        session.conn.execute("CREATE TEMPORARY TABLE changed_visit (visit_id text) ON COMMIT DROP")
        for visit_id in changed_visits:
            session.conn.execute("INSERT INTO changed_visit VALUES (%s)", [visit_id])
        session.execute("cycles/insert_changed_rows", {**values, "cycle_id": cycle(session)["cycle_id"]})
        return sorted(read(session, "conflict_changed_row"), key=lambda row: int(row["row_id"]))


def ids(session: Session, base: Row, *changed_visits: str, windows: Row = SAME_WINDOWS) -> list[int]:
    return [int(row["row_id"]) for row in scope(session, base, *changed_visits, windows=windows)]


def test_where_nothing_has_changed_there_is_none(session: Session, opened: Row) -> None:
    assert ids(session, opened) == []


@pytest.mark.parametrize("visit_id", ["v2", "v12"])
def test_a_row_is_in_for_either_of_its_visits(session: Session, opened: Row, visit_id: str) -> None:
    assert ids(session, opened, visit_id, "another") == [2]


def test_a_row_without_visits_is_in_for_none(session: Session, opened: Row) -> None:
    session.conn.execute('UPDATE conflict.conflictvisitmaps SET "VisitID" = NULL, "ConVisitID" = NULL')

    assert ids(session, {**opened, "transactions_from": from_here(session)}, "v1") == []


def test_a_row_that_was_written_since_is_in(session: Session, opened: Row) -> None:
    session.conn.execute(CHANGE_ROW_2)
    pair(session, 4, VisitID=None)

    assert ids(session, opened) == [2, 4]


@pytest.mark.parametrize("columns", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": "1990-01-01"}])
def test_one_that_is_not_eligible_is_not(session: Session, opened: Row, columns: dict[str, Any]) -> None:
    pair(session, 4, **columns)

    assert ids(session, opened, "v1") == [1]


def test_it_has_the_key_that_it_has_now(session: Session, opened: Row) -> None:
    pair(session, 4, SSN=None)

    (first, second) = scope(session, opened, "v1")[:1] + scope(session, opened)
    assert (first["visit_date"], first["ssn"]) == (DAY, SSN)
    assert (second["visit_date"], second["ssn"]) == (DAY, "")


@pytest.mark.parametrize(("state", "is_in"), [("completed", False), ("failed", True), ("running", True)])
def test_what_a_completed_chunk_wrote_is_not(session: Session, opened: Row, state: str, is_in: bool) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), [state])

    assert ids(session, opened) == ([2] if is_in else [])


def test_what_others_have_written_after_the_chunk_is(session: Session, opened: Row) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), ["completed"])
    session.conn.execute(CHANGE_ROW_2)

    assert ids(session, opened) == [2]


def test_what_a_chunk_wrote_does_not_hide_that_a_visit_has_changed(session: Session, opened: Row) -> None:
    with session.transaction():
        session.conn.execute(CHANGE_ROW_2)
        session.conn.execute(WRITTEN_BY_CHUNK.format("written_by").encode(), ["completed"])

    assert ids(session, opened, "v2") == [2]


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], False, id="left"),
        pytest.param(WINDOW["window_end"], False, id="in as before"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), True, id="entered"),
    ],
)
def test_a_row_that_was_not_in_the_window_is_in(session: Session, opened: Row, day: Any, is_in: bool) -> None:
    pair(session, 4, VisitDate=day)

    found = ids(session, {**opened, "transactions_from": from_here(session)}, windows=DAY_LATER)
    assert found == ([4] if is_in else [])
