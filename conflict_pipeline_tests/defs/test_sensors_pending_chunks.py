"""Which chunks get a run by themselves."""

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs.sensors.chunks import CHUNK_CLAIM_TIMEOUT, pending_chunks
from conflict_pipeline.defs.sensors.runs import MAX_RUNS
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import (
    PARTITION,
    UNFINISHED,
    add_run,
    report,
    requests,
    skip_reason,
)
from conflict_pipeline_tests.rows import change, chunk, cycle


def open_chunks(session: Session, *states: str, max_concurrency: int = 5, state: str = "open") -> list[str]:
    """The partition keys of a cycle whose chunks are in these states."""
    opened = cycle(session, state=state, settings=f'{{"max_concurrency": {max_concurrency}}}')
    return [
        str(chunk(session, opened, number, state=chunk_state)["partition_key"])
        for number, chunk_state in enumerate(states, start=1)
    ]


def requested(instance: dg.DagsterInstance) -> list[str | None]:
    return [request.partition_key for request in requests(pending_chunks, instance)]


def test_before_any_plan_there_is_nothing_to_run(session: Session, instance: dg.DagsterInstance) -> None:
    assert skip_reason(pending_chunks, instance) == "No chunk is pending or stuck."


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_no_chunk_of_a_cycle_that_has_ended_is_run(
    session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    open_chunks(session, "pending", "running", state=state)

    assert skip_reason(pending_chunks, instance) == "No chunk is pending or stuck."


def test_each_pending_chunk_gets_a_run_in_their_order(session: Session, instance: dg.DagsterInstance) -> None:
    keys = open_chunks(session, "pending", "pending", "pending")

    found = requests(pending_chunks, instance)

    assert [request.partition_key for request in found] == keys
    assert len({request.run_key for request in found}) == 3


def test_no_more_chunks_are_run_than_may_be_at_work(session: Session, instance: dg.DagsterInstance) -> None:
    keys = open_chunks(session, *["pending"] * 4, max_concurrency=2)

    assert requested(instance) == keys[:2]


@pytest.mark.parametrize("state", ["completed", "failed", "skipped"])
def test_chunks_that_have_ended_are_left_alone(
    session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    _, waiting = open_chunks(session, state, "pending")

    assert requested(instance) == [waiting]


def test_a_chunk_whose_worker_died_is_run_again(session: Session, instance: dg.DagsterInstance) -> None:
    keys = open_chunks(session, "running")

    assert requested(instance) == keys


@pytest.mark.parametrize("state", ["pending", "running"])
def test_a_chunk_that_a_session_holds_is_at_work_and_takes_a_place(
    database: Postgres, session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    held, *waiting = open_chunks(session, state, "pending", "pending", max_concurrency=2)

    with database.session("worker") as worker, ledger.claimed(worker, held):
        assert requested(instance) == waiting[:1]


def test_chunks_are_left_to_a_run_of_the_whole_cycle_as_long_as_it_lives(
    database: Postgres, session: Session, instance: dg.DagsterInstance
) -> None:
    keys = open_chunks(session, "running", "pending", "pending")
    whole = add_run(instance, "STARTED", {}, job="conflict_report")
    change(session, "conflict_chunk", run_id=whole.run_id)

    with database.session("worker") as worker, ledger.claimed(worker, keys[0]):
        assert "conflict_report processes the chunks" in skip_reason(pending_chunks, instance)
    assert requested(instance) == keys


def test_from_its_request_to_its_end_a_run_is_its_chunks_only_one_and_takes_a_place(
    session: Session, instance: dg.DagsterInstance
) -> None:
    key, *waiting = open_chunks(session, "pending", "pending", "pending", max_concurrency=2)
    run = add_run(instance, "NOT_STARTED", {PARTITION: key})

    for status in UNFINISHED:
        report(instance, run, status)
        assert requested(instance) == waiting[:1], status


def test_a_chunk_whose_worker_died_gets_one_new_run_at_a_time(
    session: Session, instance: dg.DagsterInstance
) -> None:
    (stuck,) = open_chunks(session, "running")
    dead = add_run(instance, "STARTED", {PARTITION: stuck})
    change(session, "conflict_chunk", run_id=dead.run_id)
    (request,) = requests(pending_chunks, instance)
    run = add_run(instance, "NOT_STARTED", {PARTITION: str(request.partition_key)})

    for status in UNFINISHED:
        report(instance, run, status)
        assert requested(instance) == [], status


def test_a_chunk_that_its_run_is_about_to_try_again_is_at_work(
    session: Session, instance: dg.DagsterInstance
) -> None:
    (key,) = open_chunks(session, "pending")
    alive = add_run(instance, "STARTED", {PARTITION: key})
    change(session, "conflict_chunk", run_id=alive.run_id, attempts=1)

    assert requested(instance) == []


def test_a_run_that_died_with_its_machine_before_it_took_its_chunk_does_not_block_it(
    session: Session, instance: dg.DagsterInstance
) -> None:
    keys = open_chunks(session, "pending")
    add_run(instance, "STARTED", {PARTITION: keys[0]}, seconds_ago=CHUNK_CLAIM_TIMEOUT + 1)

    assert requested(instance) == keys


def test_a_run_that_died_with_its_machine_takes_no_place(
    session: Session, instance: dg.DagsterInstance
) -> None:
    done, waiting = open_chunks(session, "completed", "pending", max_concurrency=1)
    add_run(instance, "STARTED", {PARTITION: done})

    assert requested(instance) == [waiting]


def test_the_run_of_another_cycles_chunk_takes_no_place(
    session: Session, instance: dg.DagsterInstance
) -> None:
    keys = open_chunks(session, "pending", max_concurrency=1)
    add_run(instance, "STARTED", {PARTITION: "c20250101t000000_0001"})
    add_run(instance, "STARTED", {})

    assert requested(instance) == keys


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE", "CANCELED"])
def test_a_chunk_that_still_waits_after_a_run_gets_another_by_a_key_of_its_own_but_not_for_ever(
    session: Session, instance: dg.DagsterInstance, status: str
) -> None:
    (key,) = open_chunks(session, "pending")
    run_keys = set()
    for _ in range(MAX_RUNS):
        (request,) = requests(pending_chunks, instance)
        add_run(instance, status, {PARTITION: key})
        run_keys.add(request.run_key)

    assert len(run_keys) == MAX_RUNS
    assert requested(instance) == []


def test_a_chunk_that_has_had_all_its_runs_does_not_keep_others_from_theirs(
    session: Session, instance: dg.DagsterInstance
) -> None:
    hopeless, waiting = open_chunks(session, "pending", "pending", max_concurrency=1)
    for _ in range(MAX_RUNS):
        add_run(instance, "FAILURE", {PARTITION: hopeless})

    assert requested(instance) == [waiting]


def test_looking_again_asks_for_the_same_runs(session: Session, instance: dg.DagsterInstance) -> None:
    open_chunks(session, "pending", "pending")

    first, second = (requests(pending_chunks, instance) for _ in range(2))

    assert [request.run_key for request in first] == [request.run_key for request in second]
