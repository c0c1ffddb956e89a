"""Sessions in each other's way: no chunk is processed twice, no row is lost, and each gets a clear message.

"The application" is a session that locks rows of the conflict table, as the users' own software does.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conflict_pipeline.cycles import locks
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.end_to_end.cycles import open_cycle
from conflict_pipeline_tests.end_to_end.processes import (
    CONFIG,
    SETTINGS,
    Start,
    chunks,
    cycle_states,
    in_progress_flag,
    materialized,
    start,
    start_job,
    values,
    wait_until,
    waiting,
)
from conflict_pipeline_tests.end_to_end.tables import conflict_rows

__all__ = ["start", "start_job"]  # fixtures

Rows = dict[int, dict[str, Any]]
# The name of a session that processes a chunk begins with the chunk's key.
A_CHUNK = "c20"
ROWS_IN_CHUNK_ORDER = """SELECT "ID" FROM conflict.conflictvisitmaps
    WHERE "CONFLICTID" IS NOT NULL AND "VisitDate" BETWEEN current_date - 365 AND current_date
    ORDER BY "VisitDate", coalesce("SSN", '') COLLATE "C" """


@pytest.fixture
def session(sample: Postgres) -> Iterator[Session]:
    """A session that observes."""
    with sample.session("test") as session:
        yield session


@pytest.fixture
def application(sample: Postgres) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**sample.conninfo, application_name="application") as conn:
        yield conn
        conn.rollback()


def _lock_a_row(application: psycopg.Connection) -> None:
    """Lock a row of a chunk in the middle of the cycle."""
    rows = application.execute(ROWS_IN_CHUNK_ORDER).fetchall()
    _lock(application, [rows[len(rows) // 2][0]])


def _lock(application: psycopg.Connection, ids: list[int]) -> None:
    application.execute('SELECT FROM conflict.conflictvisitmaps WHERE "ID" = ANY(%s) FOR UPDATE', [ids])


def test_two_jobs_at_the_same_time_share_one_cycle_and_process_each_chunk_once(
    one_piece: Rows,
    sample: Postgres,
    session: Session,
    start_job: Start,
    dagster_home: Path,
) -> None:
    with locks.preparation_lock(session):
        jobs = [start_job("conflict_report", CONFIG) for _ in range(2)]
        wait_until(lambda: len(waiting(session, "open_or_resume_cycle")) == 2, "both jobs", *jobs)

    assert [job.wait() for job in jobs] == [0, 0], [job.output for job in jobs]
    assert cycle_states(session) == ["completed"]
    assert set(values(session, "attempts").values()) == {1}
    assert in_progress_flag(session) == 2
    assert materialized(dagster_home) == set(chunks(session))
    assert conflict_rows(sample) == one_piece


def test_a_run_of_a_chunk_that_a_job_holds_ends_as_busy_and_writes_nothing(
    sample: Postgres,
    session: Session,
    application: psycopg.Connection,
    start_job: Start,
    dagster_home: Path,
) -> None:
    _lock_a_row(application)
    job = start_job("conflict_report", CONFIG)
    wait_until(lambda: _all_but_one_completed(session), "the chunk that waits", job)
    before = _recorded(session)
    (key,) = [key for key, chunk in before.items() if chunk["status"] == "running"]
    rows = conflict_rows(sample)

    chunk_run = start_job("process_task02_chunk", key=key)

    assert chunk_run.wait() == 0, chunk_run.output
    assert f"Chunk {key} is running in another session" in chunk_run.output
    assert key not in materialized(dagster_home)
    assert _recorded(session) == before
    assert conflict_rows(sample) == rows
    application.rollback()
    assert job.wait() == 0, job.output
    assert set(values(session, "attempts").values()) == {1}
    assert key in materialized(dagster_home)


def test_a_new_plan_ends_the_running_cycle(
    one_piece: Rows,
    sample: Postgres,
    session: Session,
    application: psycopg.Connection,
    start_job: Start,
) -> None:
    _lock_a_row(application)
    old = start_job("conflict_report", {**CONFIG, "max_concurrency": 1})
    wait_until(lambda: waiting(session, A_CHUNK), "the old job in the middle of a chunk", old)
    of_old_cycle = _recorded(session)

    new = start_job("conflict_report", {**CONFIG, "new_cycle": True})
    wait_until(lambda: waiting(session, "plan_cycle"), "the new plan at the gate", old, new)
    application.rollback()

    assert old.wait() == 1
    assert "was superseded by" in old.output
    assert "Nothing has to be retried." in old.output
    assert new.wait() == 0, new.output
    assert cycle_states(session) == ["superseded", "completed"]
    ended = {key: chunk for key, chunk in _recorded(session).items() if key in of_old_cycle}
    for key, chunk in of_old_cycle.items():
        if chunk["status"] == "completed":
            assert ended[key] == {**chunk, "cycle_state": "superseded"}
        elif chunk["status"] == "pending":
            assert (ended[key]["status"], ended[key]["error"]) == ("skipped", "superseded by a newer plan")
        else:
            assert ended[key]["status"] in {"completed", "skipped"}
    assert {chunk["status"] for chunk in of_old_cycle.values()} == {"completed", "running", "pending"}
    assert in_progress_flag(session) == 2
    assert conflict_rows(sample) == one_piece


def test_a_chunk_whose_rows_the_application_locks_for_too_long_is_retried(
    one_piece: Rows,
    sample: Postgres,
    session: Session,
    application: psycopg.Connection,
    start_job: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTGRES_LOCK_TIMEOUT_SECONDS", "1")
    _lock_a_row(application)
    job = start_job("conflict_report", CONFIG)
    wait_until(lambda: any(values(session, "error").values()), "the lock timeout", job)
    ((key, error),) = ((key, error) for key, error in values(session, "error").items() if error)
    application.rollback()

    assert "LockNotAvailable" in error
    assert job.wait() == 0, job.output
    assert "LockNotAvailable" in job.output
    assert "it is retried in" in job.output
    assert cycle_states(session) == ["completed"]
    assert not any(values(session, "error").values())
    assert values(session, "attempts") == {**dict.fromkeys(chunks(session), 1), key: 2}
    assert conflict_rows(sample) == one_piece


@pytest.mark.parametrize("victim", ["chunk", "application"])
def test_a_deadlock_with_the_application_does_no_harm_whichever_side_is_its_victim(
    one_piece: Rows,
    sample: Postgres,
    session: Session,
    application: psycopg.Connection,
    start_job: Start,
    victim: str,
) -> None:
    keys = open_cycle(session, SETTINGS).partition_keys
    rows = _rows_of_a_chunk(session, keys[0])
    # The chunk marks rows that are not re-detected before it writes the others.
    late = next(number for number in rows if one_piece[number]["StatusFlag"] == "U")
    others = [number for number in rows if number != late]
    _lock(application, [late])
    job = start_job("conflict_report", CONFIG)
    wait_until(lambda: waiting(session, A_CHUNK), "the chunk at the locked row", job)

    # A session that has waited for deadlock_timeout (1 s) looks for a deadlock once, and is its victim.
    if victim == "chunk":
        _lock(application, others)
    else:
        time.sleep(1.5)
        with pytest.raises(psycopg.errors.DeadlockDetected):
            _lock(application, others)
    application.rollback()

    assert job.wait() == 0, job.output
    assert ("DeadlockDetected" in job.output) == (victim == "chunk")
    assert cycle_states(session) == ["completed"]
    assert values(session, "attempts") == {**dict.fromkeys(keys, 1), keys[0]: 2 if victim == "chunk" else 1}
    assert conflict_rows(sample) == one_piece


def _recorded(session: Session) -> dict[str, dict[str, Any]]:
    """The chunks without their holders, because a chunk is completed a moment before it is released."""
    return {key: {**chunk, "held_by_pid": None} for key, chunk in chunks(session).items()}


def _all_but_one_completed(session: Session) -> bool:
    statuses = list(values(session, "status").values())
    return len(statuses) > 1 and statuses.count("completed") == len(statuses) - 1


def _rows_of_a_chunk(session: Session, key: str) -> list[int]:
    """The IDs of the rows that the chunk may write."""
    rows = session.conn.execute(
        """SELECT cvm."ID" AS id
        FROM conflict.conflictvisitmaps AS cvm
        INNER JOIN conflict.conflict_chunk AS chunk
            ON (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") >= (chunk.from_date, chunk.from_ssn)
            AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") < (chunk.to_date, chunk.to_ssn)
        WHERE chunk.partition_key = %s
            AND cvm."CONFLICTID" IS NOT NULL
            AND cvm."UpdateFlag" IS DISTINCT FROM 1
        ORDER BY 1""",
        [key],
    ).fetchall()
    return [row["id"] for row in rows]
