"""Sessions: statements of sql/ by name, autocommit, and what is shown of a session's work."""

import psycopg
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, pair


def test_statements_are_called_by_name_with_values_and_parts(scratch: Session) -> None:
    pair(scratch)

    assert scratch.one("schema/select_has_conflict_rows") == {"has_rows": True}
    assert scratch.row("cycles/select_newest_cycle") is None
    assert scratch.rows("cycles/select_chunks", {"cycle_id": 0}) == []
    with pytest.raises(LookupError, match="cycles/select_newest_cycle"):
        scratch.one("cycles/select_newest_cycle")


def test_rows_are_streamed_within_a_transaction(scratch: Session) -> None:
    for number in (1, 2, 3):
        pair(scratch, number, SSN=f"90000000{number}")
    window = {"window_start": "2026-01-01", "window_end": "2026-12-31"}

    ssns = [row["ssn"] for row in scratch.stream("cycles/select_keys", window, size=1)]

    assert ssns == ["900000001", "900000002", "900000003"]


def test_statements_commit_alone_and_in_a_transaction_together(database: Postgres, session: Session) -> None:
    def fail() -> None:
        with session.transaction():
            pair(session, 2)
            raise ZeroDivisionError

    pair(session, 1)
    with pytest.raises(ZeroDivisionError):
        fail()

    with database.session("other") as other:
        rows = other.conn.execute('SELECT "ID" FROM conflict.conflictvisitmaps').fetchall()
    assert rows == [{"ID": 1}]


def test_a_result_is_made_once_for_each_connection(shared_database: Postgres) -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    with shared_database.session("a") as first, shared_database.session("b") as other:
        second = Session(first.conn, first.schema_names)
        results = [session.once("name", make) for session in (first, second, other)]

    assert results == [1, 1, 2]


def test_the_work_of_a_session_is_shown_and_long_texts_are_cut(scratch: Session) -> None:
    scratch.describe_work("c20260302t010203_0001 " + "r" * 99)

    name = scratch.conn.execute("SELECT current_setting('application_name') AS name").fetchone()
    assert name == {"name": ("conflict_pipeline c20260302t010203_0001 " + "r" * 99)[:63]}


def test_a_value_is_in_no_message_of_psycopg(scratch: Session) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable) as error, scratch.transaction():
        scratch.conn.execute("SELECT FROM unknown WHERE ssn = %s", [SSN])

    assert SSN not in str(error.value)
