from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, Row, insert, pair
from conflict_pipeline_tests.sql.cycles.transactions import DAY_LATER, SAME_WINDOWS, from_here

BIG = 12345678901234567890123456789012345678


@pytest.fixture
def start(session: Session) -> str:
    """A transaction after which rows 1 and 2 of parent 7 and row 3 of parent 8 were written."""
    for number in (7, 8):
        insert(session, "conflicts", CONFLICTID=number)
    for number, parent in ((1, 7), (2, 7), (3, 8)):
        pair(session, number, CONFLICTID=parent)
    return from_here(session)


def stale(session: Session, transactions_from: str, windows: Row = SAME_WINDOWS) -> list[int]:
    with session.transaction():
        values = {"transactions_from": transactions_from, **windows}
        count = session.execute("steps/snapshot/create_stale_row", values).rowcount
        rows = session.conn.execute("SELECT row_id FROM stale_row ORDER BY 1").fetchall()
    assert count == len(rows)
    return [int(row["row_id"]) for row in rows]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        pytest.param('UPDATE conflict.settings SET "InProgressFlag" = 1', [], id="nothing"),
        pytest.param('UPDATE conflict.conflictvisitmaps SET "SSN" = NULL WHERE "ID" = 2', [2], id="updated"),
        pytest.param('DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 2', [2], id="deleted"),
        pytest.param(
            """UPDATE conflict.conflicts SET "StatusFlag" = 'R' WHERE "CONFLICTID" = 7""",
            [1, 2],
            id="parent updated",
        ),
        pytest.param('DELETE FROM conflict.conflicts WHERE "CONFLICTID" = 8', [3], id="parent deleted"),
        pytest.param("INSERT INTO conflict.conflicts DEFAULT VALUES", [], id="another parent inserted"),
    ],
)
def test_rows_are_stale_that_were_written_or_deleted_or_whose_parent_was(
    session: Session, start: str, statement: str, rows: list[int]
) -> None:
    session.conn.execute(statement.encode())

    assert stale(session, start) == rows


def test_inserted_rows_are_and_long_ids_are_not_rounded(session: Session, start: str) -> None:
    pair(session, BIG)
    assert stale(session, start) == [BIG]

    session.conn.execute('DELETE FROM conflict.conflictvisitmaps WHERE "ID" > 3')
    assert stale(session, start) == [BIG]


def test_keys_of_other_tables_that_were_deleted_are_not(session: Session, start: str) -> None:
    insert(session, "conflict_deleted_key", table_name="dimuser", key="u1")

    assert stale(session, start) == []


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], True, id="left"),
        pytest.param(WINDOW["window_start"] + timedelta(days=1), False, id="still in"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), True, id="entered"),
        pytest.param(WINDOW["window_end"] + timedelta(days=2), False, id="still out"),
        pytest.param(None, False, id="no date"),
    ],
)
def test_a_row_whose_date_has_come_into_the_window_or_left_it_is(
    session: Session, day: Any, is_in: bool
) -> None:
    pair(session, 4, VisitDate=day)
    start = from_here(session)

    assert stale(session, start, DAY_LATER) == ([4] if is_in else [])
    assert stale(session, start) == []
