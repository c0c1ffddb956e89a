"""The jobs that do a whole cycle in one process: start or resume, chunks, end."""

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import (
    CONFIG,
    failed_chunks,
    failure,
    known_chunks,
    materializations,
    materialized_chunks,
    run,
)
from conflict_pipeline_tests.rows import change, clear, read
from conflict_pipeline_tests.small_cycles import (
    SSNS,
    cycle_states,
    do,
    in_progress,
    plan,
    refuse,
    states,
    world,
)

__all__ = ["world"]  # fixture


def test_a_whole_cycle_records_each_asset_and_each_chunk_with_its_counts(
    world: Session, instance: dg.DagsterInstance
) -> None:
    result = run(instance, "conflict_report", CONFIG)

    recorded = materializations(result)
    assert result.success
    assert recorded.keys() == {
        "payer_provider_reminders",
        "conflictvisitmaps_temp",
        "conflict_chunks",
        "conflict_report",
        *known_chunks(instance),
    }
    assert recorded["conflictvisitmaps_temp"]["snapshot/copied"] == 3
    assert recorded["conflict_chunks"]["chunks"] == 3
    assert [recorded[key]["redetect/redetected"] for key in known_chunks(instance)] == [1, 0, 0]
    numbers = ("redetected", "not_redetected", "guarded")
    assert [recorded["conflict_report"][f"redetect/{name}"] for name in numbers] == [1, 1, 1]
    assert (cycle_states(world), in_progress(world)) == (["completed"], 2)


def test_every_check_is_evaluated_and_passes(world: Session, instance: dg.DagsterInstance) -> None:
    result = run(instance, "conflict_report", CONFIG)

    checked = {outcome.check_name: outcome.passed for outcome in result.get_asset_check_evaluations()}
    assert (len(checked), set(checked.values())) == (9, {True})


def test_the_log_has_a_summary_and_nothing_private(
    world: Session, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(instance, "conflict_report", CONFIG)

    printed = capsys.readouterr().err
    events = "".join(repr(entry) for entry in instance.all_logs(result.run_id))
    assert "  not redetected" in printed
    assert "3 of 3 chunks completed, 3 rows" in printed
    assert not [ssn for ssn in SSNS if ssn in printed + events]


def test_a_failed_chunk_is_named_with_how_to_go_on_and_the_others_are_done(
    world: Session, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse(world, SSNS[1])

    result = run(instance, "conflict_report", CONFIG)

    failed = known_chunks(instance)[1]
    message = failure(result)
    assert message.startswith(f"1 chunk failed: {failed}. First: Chunk {failed} failed: CheckViolation")
    assert "run the job conflict_report again" in message
    assert SSNS[1] not in message
    assert states(world) == ["completed", "failed", "completed"]
    assert (cycle_states(world), in_progress(world)) == (["open"], 2)
    assert materialized_chunks(instance) == set(known_chunks(instance)) - {failed}
    assert failed_chunks(instance) == {failed}
    assert "2 of 3 chunks completed, 1 failed, " in capsys.readouterr().err


def test_what_a_plan_supersedes_and_what_is_too_large_is_warned_of(
    world: Session, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(world)
    before = ledger.require_cycle(world).cycle_key
    change(world, "conflictvisitmaps", SSN=SSNS[0])

    run(instance, "conflict_report", {**CONFIG, "new_cycle": True})

    printed = capsys.readouterr().err
    (key,) = known_chunks(instance)
    assert f"WARNING: Cycle {before} was open; " in printed
    assert f"WARNING: Chunks above max_chunk_size, each of a single key: {key}." in printed


def test_a_broken_claim_of_the_data_is_a_warning(
    world: Session, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    clear(world, "conflicts")

    result = run(instance, "conflict_report", CONFIG)

    assert result.success
    assert "WARNING: Check conflictvisitmaps_rows_have_a_parent did not pass (" in capsys.readouterr().err


def test_a_broken_claim_of_the_update_itself_fails_the_job_and_ends_the_waiting(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    do(database, *plan(world))
    world.conn.execute(
        """UPDATE conflict.conflict_chunk SET counts = jsonb_set(counts, '{redetect, redetected}', '7')"""
    )
    change(world, "settings", InProgressFlag=1)

    message = failure(run(instance, "conflict_report", CONFIG))

    assert message.endswith("fails the checks conflictvisitmaps_counts_add_up.")
    assert in_progress(world) == 2


def test_nothing_eligible_is_a_whole_cycle_too(world: Session, instance: dg.DagsterInstance) -> None:
    clear(world, "conflictvisitmaps")

    result = run(instance, "conflict_report", CONFIG)

    assert result.success
    assert materializations(result)["conflict_report"]["chunks"] == 0
    assert cycle_states(world) == ["completed"]


def test_an_incremental_cycle_looks_at_what_has_changed_and_one_of_nothing_ends_well(
    world: Session, instance: dg.DagsterInstance
) -> None:
    config = {**CONFIG, "mode": "incremental"}
    recorded = []
    for status in (None, None, "R"):
        if status:
            change(world, "conflictvisitmaps", StatusFlag=status)
        result = run(instance, "conflict_report", config)
        assert result.success
        assert {outcome.passed for outcome in result.get_asset_check_evaluations()} == {True}
        recorded.append(materializations(result))

    rows = [
        (
            of_run["conflictvisitmaps_temp"]["snapshot/copied"],
            of_run["conflict_chunks"]["dagster/row_count"],
        )
        for of_run in recorded
    ]
    # What the first cycle has written is new to the snapshot before the second.
    assert rows == [(3, 3), (3, 0), (3, 3)]
    assert (cycle_states(world), in_progress(world)) == (["completed"] * 3, 2)


def test_settings_out_of_range_are_named_before_anything_is_written(
    world: Session, instance: dg.DagsterInstance
) -> None:
    message = failure(run(instance, "conflict_report", {"target_chunk_size": 60_000, "max_concurrency": 0}))

    assert "max_concurrency is 0" in message
    assert "max_chunk_size is 50000, must not be below target_chunk_size (60000)" in message
    assert (read(world, "conflict_cycle"), read(world, "conflictvisitmaps_temp")) == ([], [])


def test_one_piece_is_one_chunk_and_gives_the_same(
    database: Postgres, world: Session, instance: dg.DagsterInstance
) -> None:
    result = run(instance, "task_02", {"ops": {"plan_one_piece": {"config": {"lookback_years": 50}}}})

    (key,) = known_chunks(instance)
    recorded = materializations(result)[key]
    assert result.success
    assert [recorded[f"redetect/{name}"] for name in ("redetected", "not_redetected", "guarded")] == [1] * 3
    assert (cycle_states(world), in_progress(world)) == (["completed"], 2)


def test_one_piece_supersedes_an_open_cycle(world: Session, instance: dg.DagsterInstance) -> None:
    plan(world)

    assert run(instance, "task_02", {"ops": {"plan_one_piece": {"config": {"lookback_years": 50}}}}).success
    assert cycle_states(world) == ["superseded", "completed"]


@pytest.mark.parametrize("job", ["conflict_report", "task_02"])
def test_without_the_schema_a_job_says_how_to_create_it(
    empty_database: Postgres, instance: dg.DagsterInstance, job: str
) -> None:
    assert "conflict-pipeline schema apply" in failure(run(instance, job))
