"""Chunks in parallel: their outcomes, busy chunks, and how the threads end."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger, run, workers
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.workers import ChunkFailure, Notice, Outcome
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import SMALL, refuse, world

__all__ = ["world"]  # fixture

FIRST_SSN = "900000001"


@pytest.fixture
def plan(world: Session) -> Plan:
    return run.plan_cycle(world, SMALL, "run")


def process(database: Postgres, keys: list[str], concurrency: int = 2) -> Iterator[Outcome]:
    with database.pool(concurrency) as session_factory:
        yield from workers.process_chunks(session_factory, keys, "run", workers=concurrency, retry_delay=0)


def outcomes(database: Postgres, keys: list[str], concurrency: int = 2) -> dict[str, str]:
    """How each chunk ended."""
    found: dict[str, str] = {}
    for outcome in process(database, keys, concurrency):
        assert not isinstance(outcome, Notice)
        assert outcome.partition_key not in found
        found[outcome.partition_key] = "failed" if isinstance(outcome, ChunkFailure) else outcome.outcome
    return found


@pytest.mark.parametrize("concurrency", [1, 5])
def test_all_chunks_are_processed_once(
    database: Postgres, world: Session, plan: Plan, concurrency: int
) -> None:
    found = outcomes(database, plan.partition_keys, concurrency)

    assert found == dict.fromkeys(plan.partition_keys, "completed")
    assert [row["UpdateFlag"] for row in read(world, "conflictvisitmaps")] == [None, 1, 1]


def test_no_chunks_have_no_outcomes(database: Postgres) -> None:
    assert outcomes(database, []) == {}


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_failed_chunk_does_not_stop_the_others(
    database: Postgres, world: Session, plan: Plan, concurrency: int
) -> None:
    refuse(world, "900000002")

    found = outcomes(database, plan.partition_keys, concurrency)

    first, second, third = plan.partition_keys
    assert found == {first: "completed", second: "failed", third: "completed"}


def test_a_failure_names_chunk_and_error_without_data(database: Postgres, world: Session, plan: Plan) -> None:
    refuse(world, "900000002")

    (failure,) = process(database, plan.partition_keys[1:2])

    assert isinstance(failure, ChunkFailure)
    assert failure.message.startswith(f"Chunk {plan.partition_keys[1]} failed: CheckViolation")
    assert "900000002" not in failure.message


def test_a_busy_chunk_is_tried_again_later(
    database: Postgres, world: Session, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BUSY_POLL_INTERVAL", 0.02)
    busy, free, _ = plan.partition_keys
    order = []

    with ledger.claimed(world, busy):
        running = process(database, [busy, free], concurrency=1)
        order.append(next(running))
    order += running

    assert [found.partition_key for found in order if isinstance(found, ChunkResult)] == [free, busy]


def test_if_the_caller_stops_early_running_chunks_are_finished_and_no_more_are_taken(
    database: Postgres, world: Session, plan: Plan
) -> None:
    running = process(database, plan.partition_keys, concurrency=1)
    next(running)
    running.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("chunk-")]
    states = [chunk["state"] for chunk in read(world, "conflict_chunk")]
    assert states[0] == "completed"
    assert set(states) <= {"completed", "pending"}


def test_an_unexpected_error_reaches_the_caller(plan: Plan) -> None:
    def session_factory() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(workers.process_chunks(session_factory, plan.partition_keys, "run", workers=2, retry_delay=0))

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("chunk-")]
