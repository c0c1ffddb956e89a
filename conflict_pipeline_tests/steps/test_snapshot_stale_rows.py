"""Step snapshot, mode incremental: the baseline, and which rows are stale."""

from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline_tests.cycles.transactions import DAY_LATER, SAME_WINDOWS, from_here
from conflict_pipeline_tests.rows import WINDOW, Row, insert, pair, read

VALUES = {"tables": "these", "days": 30}
MAKE_OLD = """UPDATE conflict.conflict_snapshot
    SET taken_by = pg_current_xact_id(), taken_at = now() - interval '{}'"""
MOVE_ON = """UPDATE conflict.conflict_snapshot
    SET taken_by = pg_current_xact_id(),
        transactions_from = (transactions_from::text::bigint + {})::text::xid8"""

REPLICATED = """SET session_replication_role = replica;
    UPDATE conflict.conflict_snapshot SET taken_by = pg_current_xact_id()"""


@pytest.fixture
def taken(session: Session) -> Session:
    """After a snapshot of one row."""
    insert(session, "conflictvisitmaps_temp", ID=1)
    session.execute("steps/snapshot/upsert_snapshot", {**WINDOW, **VALUES})
    return session


def base(session: Session) -> Row | None:
    return session.row("steps/snapshot/select_snapshot_baseline", VALUES)


def test_before_the_first_snapshot_there_is_none(session: Session) -> None:
    assert base(session) is None


def test_it_has_window_and_transaction(session: Session) -> None:
    start = from_here(session)
    session.execute("steps/snapshot/upsert_snapshot", {**WINDOW, **VALUES})

    assert base(session) == {
        "baseline_window_start": WINDOW["window_start"],
        "baseline_window_end": WINDOW["window_end"],
        "transactions_from": start,
    }


@pytest.mark.parametrize(
    ("statement", "is_base"),
    [
        pytest.param("DELETE FROM conflict.conflictvisitmaps WHERE FALSE", True, id="nothing happened"),
        pytest.param(MAKE_OLD.format("29 days 23 hours"), True, id="taken some weeks ago"),
        pytest.param(MAKE_OLD.format("30 days"), False, id="taken too long ago"),
        pytest.param(MOVE_ON.format(1000), False, id="transactions of the future"),
        pytest.param("UPDATE conflict.conflict_snapshot SET taken_at = taken_at", False, id="restored"),
        pytest.param(REPLICATED, False, id="replicated"),
        pytest.param("UPDATE conflict.conflict_snapshot SET tables = 'others'", False, id="other tables"),
        pytest.param("UPDATE conflict.conflict_snapshot SET tables = NULL", False, id="tables not known"),
    ],
)
def test_it_is_the_base_unless_that_does_not_tell_what_to_bring_up_to_date(
    taken: Session, statement: str, is_base: bool
) -> None:
    taken.conn.execute(statement.encode())

    assert (base(taken) is not None) is is_base


def test_where_it_is_not_known_whether_the_tables_are_the_same_there_is_none(taken: Session) -> None:
    assert taken.row("steps/snapshot/select_snapshot_baseline", {**VALUES, "tables": None}) is None


TRIGGERS = "ALTER TABLE conflict.{} {} TRIGGER USER"


def tables(session: Session) -> str | None:
    return snapshot._tables_digest(session)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM conflict.conflictvisitmaps_temp",
        "VACUUM conflict.conflicts",
        "CREATE TABLE public.conflicts (x int)",
        "CREATE INDEX ON conflict.conflicts ((1))",
    ],
)
def test_they_are_the_same_as_long_as_only_rows_are_written(session: Session, statement: str) -> None:
    before = tables(session)

    session.conn.execute(statement.encode())

    assert before is not None
    assert tables(session) == before


@pytest.mark.parametrize(
    "table", ["conflictvisitmaps_temp", "conflictvisitmaps", "conflicts", "conflict_changed_key"]
)
@pytest.mark.parametrize(
    "statement", ["TRUNCATE {}", "VACUUM FULL {}", "ALTER TABLE {} ADD new text DEFAULT 'x'"]
)
def test_one_that_was_emptied_rewritten_or_altered_is_another(
    session: Session, table: str, statement: str
) -> None:
    before = tables(session)

    session.conn.execute(statement.format(f"conflict.{table}").encode())

    assert tables(session) not in (before, None)


@pytest.mark.parametrize(
    "statement",
    [
        TRIGGERS.format("conflicts", "DISABLE"),
        TRIGGERS.format("conflictvisitmaps", "DISABLE"),
        TRIGGERS.format("conflict_changed_key", "DISABLE"),
        "DROP FUNCTION conflict.note_changed_keys CASCADE",
    ],
)
def test_where_deleted_rows_are_not_noted_that_is_not_known(session: Session, statement: str) -> None:
    session.conn.execute(statement.encode())

    assert tables(session) is None


NOTE = {**WINDOW, "tables": "these"}


def test_there_is_one_note_and_the_next_takes_its_place(session: Session) -> None:
    session.execute("steps/snapshot/upsert_snapshot", NOTE)
    (first,) = read(session, "conflict_snapshot")
    later = {"window_start": WINDOW["window_start"] + timedelta(days=1)}

    session.execute("steps/snapshot/upsert_snapshot", {**NOTE, **later})

    (second,) = read(session, "conflict_snapshot")
    assert (second["window_start"], second["window_end"]) == (later["window_start"], WINDOW["window_end"])
    assert second["taken_at"] > first["taken_at"]
    assert int(second["transactions_from"]) > int(first["transactions_from"])


def test_a_transaction_at_work_may_not_be_in_the_snapshot(session: Session) -> None:
    with session.transaction():
        own = session.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
        session.execute("steps/snapshot/upsert_snapshot", NOTE)

    (row,) = read(session, "conflict_snapshot")
    assert own is not None
    assert int(row["transactions_from"]) <= int(own["xid"])


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
    return [row["row_id"] for row in rows]


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


@pytest.mark.parametrize("table", ["conflicts", "conflictvisitmaps"])
@pytest.mark.parametrize("key", ["no number", "", "1e999999", "9" * 39])
def test_a_noted_key_that_is_no_id_breaks_nothing(session: Session, start: str, table: str, key: str) -> None:
    insert(session, "conflict_changed_key", table_name=table, key=key)

    assert stale(session, start) in ([], [None])


def test_keys_of_other_tables_that_were_deleted_are_not(session: Session, start: str) -> None:
    insert(session, "conflict_changed_key", table_name="dimuser", key="u1")

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
