"""The jobs that are selections of assets: each does its part of a cycle, and records what it did."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.assets.plan import conflict_chunks
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import PlanConfig
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import (
    failure,
    keys,
    known_chunks,
    materializations,
    materialized_chunks,
    run,
)
from conflict_pipeline_tests.rows import change, clear, insert, read, settings
from conflict_pipeline_tests.small_cycles import SMALL, SSNS, cycle_states, do, plan, states, world

__all__ = ["keys", "world"]  # fixtures

_PLAN = {name: value for name, value in asdict(SMALL).items() if name in PlanConfig.model_fields}
A_CHUNK_A_KEY = {"ops": {"conflict_chunks": {"config": _PLAN}}}


def test_task_01_refreshes_reminders_takes_the_snapshot_and_says_how_many_rows(
    world: Session, instance: dg.DagsterInstance
) -> None:
    insert(world, "dimpayer", **{"Payer Id": "payer", "Is Active": True, "Is Demo": False})
    insert(world, "dimpayerprovider", **{"Payer Id": "payer", "Provider Id": "p1"})
    wide = {"ops": {"conflictvisitmaps_temp": {"config": {"lookback_years": 50}}}}

    result = run(instance, "task_01", wide)

    recorded = materializations(result)
    assert result.success
    reminders = recorded["payer_provider_reminders"]
    assert (reminders["reminders/inserted"], reminders["reminders/refreshed"]) == (1, 0)
    assert recorded["conflictvisitmaps_temp"]["snapshot/copied"] == 3
    assert len(read(world, "payer_provider_reminders")) == 1
    assert len(read(world, "conflictvisitmaps_temp")) == 3
    assert cycle_states(world) == ["preparing"]


def test_a_plan_opens_the_cycle_that_the_steps_before_it_prepared(
    world: Session, instance: dg.DagsterInstance
) -> None:
    run(instance, "task_01")

    run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    cycle = ledger.require_cycle(world)
    assert (cycle_states(world), cycle.chunks) == (["open"], 3)
    assert cycle.counts.keys() == {"reminders", "snapshot"}


def test_a_plan_together_with_chunks_is_refused(world: Session, instance: dg.DagsterInstance) -> None:
    keys = plan(world)
    instance.add_dynamic_partitions("conflict_chunks", keys)

    result = dg.materialize(
        [conflict_chunks, conflictvisitmaps],
        instance=instance,
        partition_key=keys[0],
        resources={"postgres": PostgresResource()},
        raise_on_error=False,
    )

    assert "A plan and chunks cannot be materialized together" in failure(result)
    assert cycle_states(world) == ["open"]
    assert materialized_chunks(instance) == set()


def test_a_plan_registers_its_chunks_as_partitions_and_says_what_it_found(
    world: Session, instance: dg.DagsterInstance
) -> None:
    result = run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    cycle = ledger.require_cycle(world)
    recorded = materializations(result)["conflict_chunks"]
    assert result.success
    assert known_chunks(instance) == [f"{cycle.cycle_key}_{number:04d}" for number in (1, 2, 3)]
    assert (recorded["chunks"], recorded["keys"], recorded["dagster/row_count"]) == (3, 3, 3)
    assert recorded["cycle"] == cycle.cycle_key
    assert not {"superseded_cycle", "oversized_chunks"} & recorded.keys()
    assert read(world, "conflict_cycle")[0]["run_id"] == result.run_id


def test_a_plan_is_checked(world: Session, instance: dg.DagsterInstance) -> None:
    result = run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    checked = {outcome.check_name: outcome.passed for outcome in result.get_asset_check_evaluations()}
    assert checked == {
        "conflict_chunks_are_disjoint": True,
        "conflict_chunks_cover_every_row": True,
    }


def test_a_plan_supersedes_the_open_cycle(
    world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    open_cycle = ledger.require_cycle(world).cycle_key

    result = run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    assert materializations(result)["conflict_chunks"]["superseded_cycle"] == open_cycle
    assert states(world) == ["skipped"] * 3 + ["pending"] * 3


def test_the_partitions_of_the_newest_cycles_stay_and_older_ones_go(
    database: Postgres,
    world: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
) -> None:
    environment(database.conninfo["dbname"], KEEP_CYCLES="2")
    for _ in range(3):
        run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    _, second, third = (row["cycle_key"] for row in read(world, "conflict_cycle"))
    assert {key.rpartition("_")[0] for key in known_chunks(instance)} == {second, third}
    assert len(known_chunks(instance)) == 6
    assert len(read(world, "conflict_chunk")) == 9


def test_a_key_above_the_maximum_is_reported(world: Session, instance: dg.DagsterInstance) -> None:
    change(world, "conflictvisitmaps", SSN=SSNS[0])

    result = run(instance, "get_task02_chunks", A_CHUNK_A_KEY)

    (key,) = known_chunks(instance)
    recorded = materializations(result)["conflict_chunks"]
    assert (recorded["oversized_chunks"], recorded["largest_chunk"]) == (key, 3)


@pytest.mark.parametrize("rows", [0, 2])
def test_without_exactly_one_settings_row_there_is_no_plan(
    world: Session, instance: dg.DagsterInstance, rows: int
) -> None:
    clear(world, "settings")
    for number in range(rows):
        settings(world, ID=number)

    result = run(instance, "get_task02_chunks")

    assert f"must hold exactly one row, it holds {rows}" in failure(result)
    assert (read(world, "conflict_cycle"), known_chunks(instance)) == ([], [])


def test_settings_out_of_range_are_all_named_and_nothing_is_planned(
    world: Session, instance: dg.DagsterInstance
) -> None:
    wrong = {"ops": {"conflict_chunks": {"config": {"target_chunk_size": 0, "max_keys_per_chunk": 0}}}}

    message = failure(run(instance, "get_task02_chunks", wrong))

    assert "target_chunk_size is 0" in message
    assert "max_keys_per_chunk is 0" in message
    assert read(world, "conflict_cycle") == []


def test_a_cycle_is_closed_summed_up_and_checked(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    change(world, "settings", InProgressFlag=1)
    do(database, *keys)

    result = run(instance, "finish_cycle")

    recorded: dict[str, Any] = materializations(result)["conflict_report"]
    numbers = ("rows", "redetected", "not_redetected", "guarded", "bad_gps")
    assert result.success
    assert (recorded["chunks"], recorded["dagster/row_count"]) == (3, 3)
    assert [recorded[f"redetect/{name}"] for name in numbers] == [3, 1, 1, 1, 0]
    assert ledger.require_cycle(world).state == "completed"
    assert read(world, "settings")[0]["InProgressFlag"] == 2
    checked = result.get_asset_check_evaluations()
    assert len(checked) == 7
    assert all(outcome.passed for outcome in checked)


def test_chunks_that_dagster_was_not_told_of_are_recorded_at_the_end(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    run(instance, "process_task02_chunk", key=keys[0])
    do(database, *keys[1:])

    recorded = materializations(run(instance, "finish_cycle"))

    assert recorded.keys() == {"conflict_report", *keys[1:]}
    assert recorded[keys[1]]["redetect/not_redetected"] == 1
    assert materialized_chunks(instance) == set(keys)


def test_a_cycle_with_a_chunk_undone_is_not_closed(
    database: Postgres, world: Session, keys: list[str], instance: dg.DagsterInstance
) -> None:
    do(database, *keys[:2])

    assert "2 of 3 chunks are completed" in failure(run(instance, "finish_cycle"))
    assert ledger.require_cycle(world).state == "open"


@pytest.mark.parametrize("job", ["task_01", "get_task02_chunks", "finish_cycle"])
def test_without_the_schema_a_job_says_how_to_create_it(
    empty_database: Postgres, instance: dg.DagsterInstance, job: str
) -> None:
    assert "conflict-pipeline schema apply" in failure(run(instance, job))
