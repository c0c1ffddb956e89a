import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, chunk, cycle, read

FREE = {"pending": "pending", "running": "stuck", "failed": "failed", "completed": "completed"}


def status(session: Session) -> str:
    (row,) = read(session, "conflict_chunk_status")
    return str(row["status"])


@pytest.mark.parametrize(("state", "shown"), FREE.items())
def test_a_chunk_that_nobody_holds_shows_its_state_or_is_stuck(
    scratch: Session, state: str, shown: str
) -> None:
    chunk(scratch, cycle(scratch), state=state)

    assert status(scratch) == shown


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("pending", "running"),
        ("running", "running"),
        ("failed", "running"),
        ("completed", "completed"),
        ("skipped", "skipped"),
    ],
)
def test_a_chunk_that_a_session_works_on_is_locked(
    database: Postgres, session: Session, state: str, shown: str
) -> None:
    key = chunk(session, cycle(session), state=state)["partition_key"]

    with database.session("worker") as worker, ledger.claimed(worker, key):
        assert status(session) == shown
        (row,) = read(session, "conflict_chunk_status")
        assert row["locked_by_pid"] == worker.conn.info.backend_pid


def test_who_holds_one_chunk_holds_no_other(database: Postgres, session: Session) -> None:
    opened = cycle(session)
    key = chunk(session, opened, 1)["partition_key"]
    chunk(session, opened, 2)

    with database.session("worker") as worker, ledger.claimed(worker, key):
        found = {row["chunk_number"]: row["status"] for row in read(session, "conflict_chunk_status")}

    assert found == {1: "running", 2: "pending"}


def test_no_boundary_is_shown(scratch: Session) -> None:
    chunk(scratch, cycle(scratch), from_ssn=SSN, to_ssn=SSN)

    (row,) = read(scratch, "conflict_chunk_status")

    assert SSN not in str(row)


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/20_create_conflict_chunk_status").statusmessage == "CREATE VIEW"
