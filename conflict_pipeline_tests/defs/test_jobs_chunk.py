"""The job that does one chunk: one partition of conflictvisitmaps."""

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import (
    failure,
    keys,
    materializations,
    materialized_chunks,
    observations,
    run,
)
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.small_cycles import SSNS, do, plan, states, world

__all__ = ["keys", "world"]  # fixtures

COMPLETED = "completed already; set force to recompute it"
FORCE = {"ops": {"conflictvisitmaps": {"config": {"force": True}}}}


def test_a_chunk_is_done_alone_and_its_partition_gets_the_counts(
    world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    result = run(instance, "process_task02_chunk", key=keys[0])

    recorded = materializations(result)[keys[0]]
    numbers = ("rows", "redetected", "not_redetected", "guarded", "bad_gps")
    assert result.success
    assert [recorded[f"redetect/{name}"] for name in numbers] == [1, 1, 0, 0, 0]
    assert (recorded["dagster/row_count"], recorded["attempts"]) == (1, 1)
    assert materialized_chunks(instance) == {keys[0]}
    assert states(world) == ["completed", "pending", "pending"]
    assert read(world, "conflict_chunk")[0]["run_id"] == result.run_id


def test_a_completed_chunk_is_observed_and_neither_done_nor_materialized_again(
    world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    run(instance, "process_task02_chunk", key=keys[0])
    before = (read(world, "conflict_chunk"), read(world, "conflictvisitmaps"))

    result = run(instance, "process_task02_chunk", key=keys[0])

    observed = observations(result)[keys[0]]
    assert (result.success, materializations(result)) == (True, {})
    assert (observed["skipped"], observed["redetect/redetected"]) == (COMPLETED, 1)
    assert (read(world, "conflict_chunk"), read(world, "conflictvisitmaps")) == before


def test_in_a_backfill_a_completed_chunk_is_materialized_with_a_note(
    keys: list[str], instance: dg.DagsterInstance
) -> None:
    run(instance, "process_task02_chunk", key=keys[0])

    result = run(instance, "process_task02_chunk", key=keys[0], tags={"dagster/backfill": "b"})

    assert materializations(result)[keys[0]]["skipped"] == COMPLETED


def test_a_completed_chunk_that_dagster_does_not_know_is_recorded_and_not_done_again(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    do(database, keys[0])
    before = (read(world, "conflict_chunk"), read(world, "conflictvisitmaps"))

    result = run(instance, "process_task02_chunk", key=keys[0])

    recorded = materializations(result)[keys[0]]
    assert (recorded["redetect/redetected"], recorded["attempts"]) == (1, 1)
    assert (read(world, "conflict_chunk"), read(world, "conflictvisitmaps")) == before


def test_a_completed_chunk_is_done_again_by_force(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    do(database, keys[0])

    result = run(instance, "process_task02_chunk", FORCE, key=keys[0])

    recorded = materializations(result)[keys[0]]
    assert (recorded["attempts"], recorded["redetect/redetected"]) == (2, 1)


@pytest.mark.parametrize("why", ["superseded", "cancelled"])
def test_a_chunk_of_an_ended_cycle_is_skipped_and_is_no_failure(
    world: Session, keys: list[str], instance: dg.DagsterInstance, why: str
) -> None:
    if why == "superseded":
        plan(world)
    else:
        ledger.supersede(world, "open", "cancelled")

    result = run(instance, "process_task02_chunk", key=keys[0])

    assert (result.success, materializations(result)) == (True, {})
    assert observations(result)[keys[0]].keys() == {"skipped"}
    assert [row["UpdateFlag"] for row in read(world, "conflictvisitmaps")] == [None] * 3


def test_a_chunk_that_another_session_does_is_left_to_it(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    with database.session("worker") as worker, ledger.claimed(worker, keys[0]):
        result = run(instance, "process_task02_chunk", key=keys[0])

    assert (result.success, materializations(result)) == (True, {})


def test_a_chunk_that_fails_is_named_with_the_reason_and_without_data(
    world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    world.conn.execute("""ALTER TABLE conflict.conflictvisitmaps ADD CHECK ("StatusFlag" <> 'U')""")

    result = run(instance, "process_task02_chunk", key=keys[0])

    assert failure(result).startswith(f"Chunk {keys[0]} failed: CheckViolation")
    assert not [entry for entry in instance.all_logs(result.run_id) if SSNS[0] in repr(entry)]
    assert states(world) == ["failed", "pending", "pending"]


def test_a_partition_that_is_no_chunk_is_answered_with_the_newest_cycle(
    keys: list[str], instance: dg.DagsterInstance
) -> None:
    instance.add_dynamic_partitions("conflict_chunks", ["c20200101t000000_0001"])

    message = failure(run(instance, "process_task02_chunk", key="c20200101t000000_0001"))

    assert message.startswith("There is no chunk c20200101t000000_0001. The newest cycle is")


def test_without_a_partition_the_question_is_which_chunk(
    keys: list[str], instance: dg.DagsterInstance
) -> None:
    assert failure(run(instance, "process_task02_chunk")).startswith("Which chunk?")
