"""A whole cycle in one process."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from conflict_pipeline.cycles import ledger, run, workers
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import Opened
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.cycles.workers import ChunkFailure, Notice
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, clear, insert, pair, read, settings, small_world, visit

Outcome = ChunkResult | ChunkFailure | Notice

# A chunk for each key.
SMALL = CycleSettings(target_chunk_size=1, max_chunk_size=1, lookback_years=50)
SSNS = ("900000001", "900000002", "900000003")


@pytest.fixture
def world(session: Session) -> Session:
    """Three keys of one row each, of which the one of visits v1 and v2 is re-detected."""
    small_world(session)
    insert(session, "conflicts", CONFLICTID=7)
    for name in ("v1", "v2"):
        visit(session, name, scheduled=("09:00", "11:00"))
    for number, ssn in enumerate(SSNS, start=1):
        pair(session, number, SSN=ssn, ConVisitID="v2" if number == 1 else "unknown")
    return session


@pytest.fixture
def plan(world: Session) -> Plan:
    return run.plan_cycle(world, SMALL, "run")


def start(session: Session, *, new_cycle: bool = False, max_age_hours: float = 24) -> Opened | None:
    return run.open_or_resume(session, SMALL, "run", new_cycle=new_cycle, max_age_hours=max_age_hours)


def process(database: Postgres, keys: list[str], workers: int = 2) -> Iterator[Outcome]:
    with database.pool(workers) as lend:
        yield from workers.process_chunks(lend, keys, "run", workers=workers, retry_delay=0)


def outcomes(database: Postgres, keys: list[str], workers: int = 2) -> dict[str, str]:
    """How each chunk ended."""
    found: dict[str, str] = {}
    for outcome in process(database, keys, workers):
        assert not isinstance(outcome, Notice)
        assert outcome.partition_key not in found
        found[outcome.partition_key] = "failed" if isinstance(outcome, ChunkFailure) else outcome.outcome
    return found


def in_progress(session: Session) -> int:
    return int(read(session, "settings")[0]["InProgressFlag"])


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_all_chunks_are_done_by_so_many_workers(
    database: Postgres, world: Session, plan: Plan, workers: int
) -> None:
    found = outcomes(database, plan.partition_keys, workers)

    assert found == dict.fromkeys(plan.partition_keys, "completed")
    assert [row["UpdateFlag"] for row in read(world, "conflictvisitmaps")] == [None, 1, 1]


def test_nothing_to_do_is_nothing(database: Postgres) -> None:
    assert outcomes(database, []) == {}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_chunk_does_not_stop_the_others(
    database: Postgres, world: Session, plan: Plan, workers: int
) -> None:
    refuse(world, "900000001")

    found = outcomes(database, plan.partition_keys, workers)

    first, *others = plan.partition_keys
    assert found == {first: "failed", **dict.fromkeys(others, "completed")}


def test_a_failure_says_which_chunk_and_why_without_data(
    database: Postgres, world: Session, plan: Plan
) -> None:
    refuse(world, "900000001")

    (failure,) = process(database, plan.partition_keys[:1])

    assert isinstance(failure, ChunkFailure)
    assert failure.message.startswith(f"Chunk {plan.partition_keys[0]} failed: CheckViolation")
    assert "900000001" not in failure.message


def test_a_busy_chunk_is_waited_for(
    database: Postgres, world: Session, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BUSY_POLL_SECONDS", 0.02)
    busy, free, _ = plan.partition_keys
    order = []

    with ledger.claimed(world, busy):
        working = process(database, [busy, free], workers=1)
        order.append(next(working))
    order += working

    assert [found.partition_key for found in order if isinstance(found, ChunkResult)] == [free, busy]


def test_a_caller_that_stops_early_gets_chunks_at_work_finished_and_no_more_taken(
    database: Postgres, world: Session, plan: Plan
) -> None:
    working = process(database, plan.partition_keys, workers=1)
    next(working)
    working.close()  # type: ignore[attr-defined]

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("chunk-")]
    states = [chunk["state"] for chunk in read(world, "conflict_chunk")]
    assert states[0] == "completed"
    assert set(states) <= {"completed", "pending"}


def test_an_error_that_nobody_expected_reaches_the_caller(database: Postgres, plan: Plan) -> None:
    def lend() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(workers.process_chunks(lend, plan.partition_keys, "run", workers=2, retry_delay=0))

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("chunk-")]


def test_a_start_takes_a_snapshot_plans_and_asks_to_wait(world: Session) -> None:
    opened = start(world)

    assert opened is not None
    assert (opened.snapshot.rows, opened.plan.rows) == (3, 3)
    assert ledger.require_cycle(world).state == "open"
    assert in_progress(world) == 1


def test_an_open_cycle_is_resumed_without_snapshot_and_plan(world: Session) -> None:
    start(world)
    clear(world, "conflictvisitmaps_temp")
    change(world, "settings", InProgressFlag=2)

    assert start(world) is None
    assert (len(read(world, "conflict_cycle")), read(world, "conflictvisitmaps_temp")) == (1, [])
    assert in_progress(world) == 1


def test_an_open_cycle_is_not_resumed_if_a_new_one_is_wanted(world: Session) -> None:
    first, second = start(world), start(world, new_cycle=True)

    assert first is not None
    assert second is not None
    assert second.plan.superseded == first.plan.cycle_key


@pytest.mark.parametrize(("hours", "is_resumed"), [(23, True), (24, False)])
def test_an_open_cycle_is_resumed_for_a_day(world: Session, hours: int, is_resumed: bool) -> None:
    start(world)
    world.conn.execute(
        "UPDATE conflict.conflict_cycle SET opened_at = opened_at - make_interval(hours => %s)", [hours]
    )

    assert (start(world) is None) is is_resumed


def test_two_jobs_that_start_at_the_same_time_share_one_cycle(database: Postgres, world: Session) -> None:
    results: list[Opened | None] = []

    def job() -> None:
        with database.session("job") as session:
            results.append(start(session))

    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(job)

    assert sum(result is not None for result in results) == 1
    assert len(results) == 3
    assert len(read(world, "conflict_cycle")) == 1


def test_a_start_that_fails_asks_nobody_to_wait(world: Session) -> None:
    world.conn.execute("DROP TABLE conflict.conflict_moved_row, conflict.conflict_chunk CASCADE")

    with pytest.raises(psycopg.errors.UndefinedTable):
        start(world)

    assert in_progress(world) == 2


@pytest.mark.parametrize("rows", [0, 2])
def test_without_exactly_one_settings_row_nothing_is_started(world: Session, rows: int) -> None:
    clear(world, "settings")
    for number in range(rows):
        settings(world, ID=number)

    with pytest.raises(PipelineError, match="exactly one row"):
        start(world)

    assert read(world, "conflict_cycle") == read(world, "conflictvisitmaps_temp") == []
    assert [row["InProgressFlag"] for row in read(world, "settings")] == [2] * rows


def test_the_end_closes_the_cycle_and_the_waiting(database: Postgres, world: Session) -> None:
    opened = start(world)
    assert opened is not None
    outcomes(database, opened.plan.partition_keys)

    finished, was_open = run.finish(world)

    assert was_open
    assert run.finish(world)[1] is False

    assert (finished.cycle_key, finished.state) == (opened.plan.cycle_key, "completed")
    assert (finished.completed, finished.marked, finished.redetected) == (3, 3, 1)
    assert in_progress(world) == 2


def test_a_cycle_with_a_chunk_undone_is_not_closed_and_says_how_many(
    database: Postgres, world: Session, plan: Plan
) -> None:
    refuse(world, "900000001")
    outcomes(database, plan.partition_keys)

    with pytest.raises(PipelineError, match=r"2 of 3 chunks are completed, 1 failed.*conflict_report"):
        run.finish(world)

    assert ledger.require_cycle(world).state == "open"


def test_an_end_before_any_plan_says_what_to_run(session: Session) -> None:
    with pytest.raises(PipelineError, match="Nothing has been planned yet"):
        run.finish(session)


def refuse(session: Session, ssn: str) -> None:
    """Make the database refuse the update of this key's re-detected row."""
    statement = """ALTER TABLE conflict.conflictvisitmaps ADD CHECK ("StatusFlag" <> 'U' OR "SSN" <> '{}')"""
    session.conn.execute(statement.format(ssn).encode())
