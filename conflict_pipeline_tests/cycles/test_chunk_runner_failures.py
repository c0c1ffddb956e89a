"""A chunk that cannot be done at once, or at all: what is tried again, and what is recorded."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session, SessionFactory
from conflict_pipeline_tests.one_chunk import chunk_row, flags, key, process
from conflict_pipeline_tests.poison import poison_writes
from conflict_pipeline_tests.rows import SSN

REFUSED = """ALTER TABLE conflict.conflictvisitmaps ADD CONSTRAINT refused
    CHECK ("StatusFlag" <> 'U' OR "SSN" <> '900000001') NOT VALID"""


__all__ = ["key", "process"]  # fixtures


def test_what_can_pass_next_time_is_tried_again(database: Postgres, session: Session, key: str) -> None:
    notices: list[str] = []
    with database.session("holder") as holder:
        holder.conn.execute("BEGIN; LOCK TABLE conflict.conflictvisitmaps IN EXCLUSIVE MODE")

        def let_go(text: str) -> None:
            notices.append(text)
            assert (chunk_row(session)["state"], chunk_row(session)["attempts"]) == ("pending", 1)
            holder.conn.execute("ROLLBACK")

        result = process_chunk(impatient(database), key, "run 1", retry_delay=0, on_retry=let_go)

    assert (result.outcome, result.attempts) == ("completed", 2)
    reason = "LockNotAvailable [55P03]: canceling statement due to lock timeout"
    assert notices == [f"Chunk {key}: {reason}; it is retried in 0 s."]


def test_what_does_not_pass_is_given_up_after_two_retries(
    database: Postgres, session: Session, key: str
) -> None:
    notices: list[str] = []
    with database.session("holder") as holder, holder.transaction():
        holder.conn.execute("LOCK TABLE conflict.conflictvisitmaps IN EXCLUSIVE MODE")

        with pytest.raises(PipelineError, match="LockNotAvailable"):
            process_chunk(impatient(database), key, "run 1", retry_delay=0.01, on_retry=notices.append)

    assert [notice.rpartition("; ")[2] for notice in notices] == [
        *("it is retried in 0.01 s.", "it is retried in 0.02 s.")
    ]
    assert (chunk_row(session)["state"], chunk_row(session)["attempts"]) == ("failed", 3)


def test_a_lost_connection_is_tried_again_in_another(database: Postgres, session: Session, key: str) -> None:
    lent: list[Session] = []

    @contextmanager
    def session_factory() -> Iterator[Session]:
        with database.session("test") as worker:
            lent.append(worker)
            if len(lent) == 1:
                session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [worker.conn.info.backend_pid])
            yield worker

    result = process_chunk(session_factory, key, "run 1", retry_delay=0)

    assert (result.outcome, len(lent)) == ("completed", 3)  # one of them records how the first try ended


def test_what_cannot_pass_fails_at_once_and_is_recorded_without_data(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    session.conn.execute(REFUSED)

    with pytest.raises(PipelineError) as error:
        process(key)

    chunk = chunk_row(session)
    assert (chunk["state"], chunk["attempts"], chunk["run_id"]) == ("failed", 1, "run 1")
    assert chunk["error"].startswith("CheckViolation [23514] (table conflictvisitmaps, constraint refused)")
    for text in (str(error.value), chunk["error"]):
        assert SSN not in text
    assert error.value.__suppress_context__


def test_a_message_that_is_withheld_can_be_found_in_the_servers_log(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    poison_writes(session, "conflict.conflictvisitmaps")

    with pytest.raises(PipelineError):
        process(key)

    assert re.fullmatch(
        r"RaiseException \[P0001\]; the message is kept in the server's log because it may hold data"
        r" \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, process [1-9]\d*,"
        r" sql/steps/redetect/mark_undetected_rows\.sql, function conflict\.poison line 1\)",
        chunk_row(session)["error"],
    )


def test_a_failed_chunk_writes_nothing_and_is_processed_as_a_whole_next_time(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    session.conn.execute(REFUSED)
    with pytest.raises(PipelineError):
        process(key)
    after_failure = flags(session)
    session.conn.execute("ALTER TABLE conflict.conflictvisitmaps DROP CONSTRAINT refused")

    result = process(key)

    assert after_failure == [("R", None), ("R", None)]
    assert (result.outcome, result.attempts) == ("completed", 2)
    assert flags(session) == [("U", None), ("R", 1)]
    assert chunk_row(session)["error"] is None


def impatient(database: Postgres) -> SessionFactory:
    """Sessions that do not wait long for a lock."""

    @contextmanager
    def session_factory() -> Iterator[Session]:
        with database.session("test") as session:
            session.conn.execute("SET lock_timeout = '30ms'")
            yield session

    return session_factory
