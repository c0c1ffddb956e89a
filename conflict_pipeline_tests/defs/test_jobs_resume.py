"""The job conflict_report run again: what is resumed, and what starts afresh."""

from collections.abc import Callable

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import (
    CONFIG,
    failed_chunks,
    known_chunks,
    materializations,
    materialized_chunks,
    run,
)
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import (
    SSNS,
    allow,
    attempts,
    cycle_states,
    do,
    plan,
    refuse,
    states,
    world,
)

__all__ = ["world"]  # fixture


def test_a_job_that_finds_an_open_cycle_does_only_what_is_undone(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    keys = plan(world)
    do(database, keys[0])

    result = run(instance, "conflict_report", CONFIG)

    assert result.success
    assert (cycle_states(world), attempts(world)) == (["completed"], [1, 1, 1])
    assert read(world, "conflictvisitmaps_temp") == []
    assert "conflict_chunks" not in materializations(result)


def test_a_resumed_cycle_records_what_dagster_was_not_told_of(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    keys = plan(world)
    do(database, *keys[:2])

    result = run(instance, "conflict_report", CONFIG)

    assert known_chunks(instance) == keys
    assert materialized_chunks(instance) == set(keys)
    assert materializations(result)[keys[0]]["redetect/redetected"] == 1


def test_what_dagster_knows_is_not_recorded_again(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    keys = plan(world)
    instance.add_dynamic_partitions("conflict_chunks", keys)
    run(instance, "process_task02_chunk", key=keys[0])

    result = run(instance, "conflict_report", CONFIG)

    assert materializations(result).keys() == {"conflict_report", *keys[1:]}


def test_a_chunk_whose_worker_died_is_done_again(world: Session, instance: dg.DagsterInstance) -> None:
    keys = plan(world)
    with ledger.claimed(world, keys[0]) as chunk:
        ledger.start_chunk(world, chunk, "run of a worker that died")

    assert run(instance, "conflict_report", CONFIG).success
    assert attempts(world) == [2, 1, 1]


def test_a_new_cycle_on_demand_supersedes_the_open_one(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    do(database, plan(world)[0])

    result = run(instance, "conflict_report", {**CONFIG, "new_cycle": True})

    assert result.success
    assert cycle_states(world) == ["superseded", "completed"]
    assert states(world) == ["completed", "skipped", "skipped"] + ["completed"] * 3
    assert len(read(world, "conflictvisitmaps_temp")) == 3


@pytest.mark.parametrize(("hours", "is_resumed"), [(1, True), (2, False)])
def test_an_open_cycle_is_resumed_until_it_is_too_old(
    database: Postgres,
    world: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
    hours: int,
    is_resumed: bool,
) -> None:
    environment(database.conninfo["dbname"], RESUME_MAX_AGE_HOURS="1.5")
    plan(world)
    world.conn.execute(
        "UPDATE conflict.conflict_cycle SET opened_at = opened_at - make_interval(hours => %s)", [hours]
    )

    run(instance, "conflict_report", CONFIG)

    assert cycle_states(world) == (["completed"] if is_resumed else ["superseded", "completed"])


def test_after_a_completed_cycle_comes_a_new_one(world: Session, instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        assert run(instance, "conflict_report", CONFIG).success

    assert cycle_states(world) == ["completed", "completed"]
    assert len(materialized_chunks(instance)) == 6


def test_the_job_run_again_after_a_failure_does_only_the_failed_chunk(
    world: Session, instance: dg.DagsterInstance
) -> None:
    refuse(world, SSNS[1])
    run(instance, "conflict_report", CONFIG)
    allow(world)

    result = run(instance, "conflict_report", CONFIG)

    assert result.success
    assert (cycle_states(world), attempts(world)) == (["completed"], [1, 2, 1])
    assert materialized_chunks(instance) == set(known_chunks(instance))
    assert failed_chunks(instance) == set()
