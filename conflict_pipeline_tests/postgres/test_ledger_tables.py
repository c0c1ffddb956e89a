"""The tables and views of the ledger: what they refuse, and the status that follows from state and locks."""

from contextlib import ExitStack

import psycopg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, WINDOW, Row, chunk, cycle, insert, read


def test_one_cycle_is_open_at_a_time_and_a_key_is_used_once(scratch: Session) -> None:
    for key, state in (("a", "completed"), ("b", "completed"), ("c", "superseded"), ("d", "open")):
        cycle(scratch, cycle_key=key, state=state)

    for key, state in (("e", "open"), ("a", "completed")):
        with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
            cycle(scratch, cycle_key=key, state=state)


def test_chunk_boundaries_are_compared_by_code_point(scratch: Session) -> None:
    opened = cycle(scratch)
    for number, ssn in enumerate(("a", "B", "\N{LATIN SMALL LETTER E WITH ACUTE}", "9"), start=1):
        chunk(scratch, opened, number, from_ssn=ssn)

    rows = scratch.conn.execute("SELECT from_ssn FROM conflict.conflict_chunk ORDER BY from_ssn").fetchall()

    assert [row["from_ssn"] for row in rows] == ["9", "B", "a", "\N{LATIN SMALL LETTER E WITH ACUTE}"]


def test_a_row_moves_once_in_a_cycle(scratch: Session) -> None:
    opened = cycle(scratch)
    first, second = (chunk(scratch, opened, number)["chunk_id"] for number in (1, 2))
    row = {"cycle_id": opened["cycle_id"], "row_id": 10**37}
    insert(scratch, "conflict_moved_row", **row, chunk_id=first)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "conflict_moved_row", **row, chunk_id=second)


def test_there_is_one_snapshot(scratch: Session) -> None:
    values = {**WINDOW, "transactions_from": "3", "taken_by": "4", "taken_at": "2026-03-02Z"}
    insert(scratch, "conflict_snapshot", **values)

    for is_only in (True, False):
        with pytest.raises(psycopg.errors.IntegrityError), scratch.transaction():
            insert(scratch, "conflict_snapshot", **values, is_only=is_only)


# The status of a chunk by its state: without a session that holds it, and with one.
STATUS = {
    "pending": ("pending", "running"),
    "running": ("stuck", "running"),
    "failed": ("failed", "running"),
    "completed": ("completed", "completed"),
    "skipped": ("skipped", "skipped"),
}


def test_a_chunk_has_the_status_of_its_state_and_of_the_session_that_holds_it(
    database: Postgres, session: Session
) -> None:
    opened = cycle(session)
    keys = [
        chunk(session, opened, number, state=state, from_ssn=SSN, to_ssn=SSN)["partition_key"]
        for number, state in enumerate((*STATUS, "pending"), start=1)
    ]

    free = read(session, "conflict_chunk_status")
    with database.session("worker") as worker, ExitStack() as claims:
        for key in keys[:-1]:
            claims.enter_context(ledger.claimed(worker, key))
        held = read(session, "conflict_chunk_status")
        (figures,) = read(session, "conflict_cycle_status")
        pid = worker.conn.info.backend_pid

    def statuses(rows: list[Row]) -> list[str]:
        return [row["status"] for row in sorted(rows, key=lambda row: row["chunk_number"])]

    assert statuses(free) == [*(without for without, _ in STATUS.values()), "pending"]
    assert statuses(held) == [*(with_one for _, with_one in STATUS.values()), "pending"]
    assert {row["held_by_pid"] for row in held if row["chunk_number"] < len(keys)} == {pid}
    names = ("chunks", "pending", "running", "stuck", "failed", "completed", "skipped")
    assert [figures[name] for name in names] == [6, 1, 3, 0, 0, 1, 1]
    assert SSN not in str(free)


def test_every_cycle_has_its_own_figures(scratch: Session) -> None:
    earlier = cycle(scratch, cycle_key="a", state="superseded")
    times = {"started_at": "2026-03-02 09:00", "finished_at": "2026-03-02 12:00"}
    chunk(scratch, earlier, 1, state="completed", planned=3, **times)
    times = {"started_at": "2026-03-02 10:00", "finished_at": "2026-03-02 11:00"}
    chunk(scratch, earlier, 2, state="skipped", planned=4, **times)
    chunk(scratch, cycle(scratch, cycle_key="b"), planned=5)

    rows = read(scratch, "conflict_cycle_status")

    names = ("cycle_key", "chunks", "completed", "skipped", "planned", "planned_of_completed")
    assert [[row[name] for name in names] for row in rows] == [["a", 2, 1, 1, 7, 3], ["b", 1, 0, 0, 5, 0]]
    assert (rows[0]["last_finished_at"].hour, rows[0]["rows_per_second"]) == (12, 3 / (3 * 3600))
