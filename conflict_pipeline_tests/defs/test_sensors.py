"""What starts by itself: a cycle, its end, and what follows a run that died. Chunks have their own module."""

import json
from collections.abc import Callable
from traceback import TracebackException

import dagster as dg
import pytest
from dagster_shared.error import SerializableErrorInfo

from conflict_pipeline.cycles.run import plan_cycle
from conflict_pipeline.definitions import defs
from conflict_pipeline.defs.sensors.chunks import pending_chunks
from conflict_pipeline.defs.sensors.cycles import cycle_finished, upstream_load
from conflict_pipeline.defs.sensors.failures import run_failure
from conflict_pipeline.defs.sensors.runs import MAX_RUNS
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.dagster_runs import (
    PARTITION,
    POSTGRES,
    UNFINISHED,
    add_run,
    keys,
    report,
    requests,
    run,
    skip_reason,
)
from conflict_pipeline_tests.poison import POISON, POISON_SHOWN, poison_reads
from conflict_pipeline_tests.rows import WIDE, Row, change, chunk, clear, cycle, read, settings
from conflict_pipeline_tests.small_cycles import SSNS, refuse, world

__all__ = ["keys", "world"]  # fixtures

OLDER, NEWER = "2026-03-01T02:00:00", "2026-03-02T02:00:00"


def load(
    session: Session, finished_at: str | None, module: str = "Conflict Report", status: str = "success"
) -> None:
    session.conn.execute(
        "INSERT INTO analytics.factdatarefreshstatus VALUES (%s, %s, %s)", [module, status, finished_at]
    )


def finished_chunks(session: Session, **columns: object) -> Row:
    """A cycle of two completed chunks, open unless told otherwise."""
    opened = cycle(session, **columns)
    for number in (1, 2):
        chunk(session, opened, number, state="completed")
    return opened


def test_before_any_upstream_load_no_cycle_is_due(session: Session, instance: dg.DagsterInstance) -> None:
    assert "No upstream load" in skip_reason(upstream_load, instance)


def test_several_new_loads_make_one_cycle(session: Session, instance: dg.DagsterInstance) -> None:
    for finished_at in (OLDER, NEWER, OLDER):
        load(session, finished_at)

    (request,) = requests(upstream_load, instance)
    plan_cycle(session, WIDE, "run")

    assert list(request.tags.values()) == ["2026-03-02 02:00:00 (load 3)"]
    assert "in a cycle already" in skip_reason(upstream_load, instance)


@pytest.mark.parametrize(
    ("included", "finished_at"),
    [
        pytest.param("2099-01-01T00:00:00", NEWER, id="after a wrong date in the future"),
        pytest.param("infinity", NEWER, id="after a date that no clock shows"),
        pytest.param("2026-11-01T01:40:00", "2026-11-01T01:20:00", id="in the hour that a clock repeats"),
        pytest.param(NEWER, NEWER, id="at the same time"),
        pytest.param(NEWER, OLDER, id="recorded late"),
    ],
)
def test_each_later_row_makes_a_cycle_regardless_of_its_time(
    session: Session, instance: dg.DagsterInstance, included: str, finished_at: str
) -> None:
    load(session, included)
    (first,) = requests(upstream_load, instance)
    add_run(instance, "SUCCESS", first.tags)
    plan_cycle(session, WIDE, "run")

    load(session, finished_at)
    (second,) = requests(upstream_load, instance)
    plan_cycle(session, WIDE, "run")

    assert second.run_key != first.run_key
    assert second.tags != first.tags
    assert "in a cycle already" in skip_reason(upstream_load, instance)


def test_rows_that_are_removed_or_come_back_make_no_cycle_and_hide_no_new_one(
    session: Session, instance: dg.DagsterInstance
) -> None:
    for finished_at in (OLDER, NEWER):
        load(session, finished_at)
    plan_cycle(session, WIDE, "run")

    clear(session, "factdatarefreshstatus")
    after_removal = requests(upstream_load, instance)
    load(session, OLDER)
    after_return = requests(upstream_load, instance)
    load(session, "2026-03-03T02:00:00")

    assert (after_removal, after_return) == ([], [])
    assert len(requests(upstream_load, instance)) == 1


@pytest.mark.parametrize("job", ["start_cycle", "conflict_report"])
@pytest.mark.parametrize("mode", [None, "incremental"])
def test_it_begins_with_the_mode_of_the_settings(
    database: Postgres,
    world: Session,
    instance: dg.DagsterInstance,
    environment: Callable[..., Postgres],
    mode: str | None,
    job: str,
) -> None:
    asked = {"CYCLE_MODE": mode} if mode else {}
    environment(database.conninfo["dbname"], **asked, **({} if job == "start_cycle" else {"CYCLE_JOB": job}))
    load(world, NEWER)

    (request,) = requests(upstream_load, instance)
    assert request.job_name == job
    run(instance, job, request.run_config)

    (row,) = read(world, "conflict_cycle")
    assert row["settings"]["mode"] == (mode or "full")


@pytest.mark.parametrize(
    ("finished_at", "columns"),
    [
        pytest.param(NEWER, {"module": "Billing"}, id="another module"),
        pytest.param(NEWER, {"status": "failed"}, id="a load that failed"),
        pytest.param(None, {}, id="a load without an end"),
    ],
)
def test_loads_that_do_not_count_make_no_cycle(
    session: Session, instance: dg.DagsterInstance, finished_at: str | None, columns: dict[str, str]
) -> None:
    load(session, finished_at, **columns)

    assert "No upstream load" in skip_reason(upstream_load, instance)


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_a_load_that_an_ended_cycle_includes_makes_no_other(
    session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    load(session, NEWER)
    plan_cycle(session, WIDE, "run")
    change(session, "conflict_cycle", state=state)

    assert "in a cycle already" in skip_reason(upstream_load, instance)


def test_a_plan_takes_in_the_loads_that_ended_before_it_and_no_later_one(
    session: Session, instance: dg.DagsterInstance
) -> None:
    load(session, OLDER)
    plan_cycle(session, WIDE, "run")
    after_plan = requests(upstream_load, instance)
    load(session, NEWER)

    assert after_plan == []
    assert len(requests(upstream_load, instance)) == 1


def test_from_its_request_to_its_end_a_run_for_a_load_is_the_only_one(
    session: Session, instance: dg.DagsterInstance
) -> None:
    load(session, NEWER)
    (request,) = requests(upstream_load, instance)
    requested = add_run(instance, "NOT_STARTED", request.tags)

    for status in UNFINISHED:
        report(instance, requested, status)
        assert "under way" in skip_reason(upstream_load, instance), status


def test_a_newer_load_does_not_wait_for_the_run_of_an_older_one(
    session: Session, instance: dg.DagsterInstance
) -> None:
    load(session, OLDER)
    (older,) = requests(upstream_load, instance)
    add_run(instance, "STARTED", older.tags)
    load(session, NEWER)

    (newer,) = requests(upstream_load, instance)

    assert newer.run_key != older.run_key


@pytest.mark.parametrize("status", ["FAILURE", "CANCELED"])
def test_a_run_that_failed_is_started_again_by_a_key_of_its_own_but_not_for_ever(
    session: Session, instance: dg.DagsterInstance, status: str
) -> None:
    load(session, NEWER)
    run_keys = set()
    for _ in range(MAX_RUNS):
        (request,) = requests(upstream_load, instance)
        add_run(instance, status, request.tags)
        run_keys.add(request.run_key)

    assert len(run_keys) == MAX_RUNS
    assert f"{MAX_RUNS} runs" in skip_reason(upstream_load, instance)


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_a_cycle_that_has_ended_is_not_closed_again(
    session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    finished_chunks(session, state=state)

    assert skip_reason(cycle_finished, instance) == "No cycle is open."


def test_before_any_plan_there_is_nothing_to_close(session: Session, instance: dg.DagsterInstance) -> None:
    assert skip_reason(cycle_finished, instance) == "No cycle is open."


@pytest.mark.parametrize("state", ["pending", "running", "failed"])
def test_a_cycle_with_a_chunk_that_is_not_completed_is_not_closed(
    session: Session, instance: dg.DagsterInstance, state: str
) -> None:
    chunk(session, finished_chunks(session), 3, state=state)

    assert "2 of 3 chunks completed" in skip_reason(cycle_finished, instance)


def test_a_cycle_whose_chunks_are_all_completed_is_closed_once(
    session: Session, instance: dg.DagsterInstance
) -> None:
    opened = finished_chunks(session)

    (request,) = requests(cycle_finished, instance)
    add_run(instance, "STARTED", request.tags)

    assert list(request.tags.values()) == [opened["cycle_key"]]
    assert "under way" in skip_reason(cycle_finished, instance)


def test_a_cycle_that_could_not_be_closed_is_tried_again_but_not_for_ever(
    session: Session, instance: dg.DagsterInstance
) -> None:
    finished_chunks(session)
    run_keys = set()
    for _ in range(MAX_RUNS):
        (request,) = requests(cycle_finished, instance)
        add_run(instance, "FAILURE", request.tags)
        run_keys.add(request.run_key)

    assert len(run_keys) == MAX_RUNS
    assert "Remove the cause" in skip_reason(cycle_finished, instance)


def test_a_cycle_without_a_chunk_is_closed(session: Session, instance: dg.DagsterInstance) -> None:
    plan_cycle(session, WIDE, "run")

    assert len(requests(cycle_finished, instance)) == 1


def test_a_run_that_died_leaves_its_chunk_failed_and_the_application_told(
    session: Session, instance: dg.DagsterInstance
) -> None:
    settings(session, InProgressFlag=1)
    key = chunk(session, cycle(session), state="running")["partition_key"]
    dead = add_run(instance, "STARTED", {PARTITION: key})

    react_to_failure(instance, dead)

    (found,) = read(session, "conflict_chunk")
    assert (found["state"], found["run_id"]) == ("failed", dead.run_id)
    assert read(session, "settings")[0]["InProgressFlag"] == 2


def test_a_run_without_a_chunk_that_died_leaves_chunks_alone(
    session: Session, instance: dg.DagsterInstance
) -> None:
    settings(session, InProgressFlag=1)
    chunk(session, cycle(session), state="running")

    react_to_failure(instance, add_run(instance, "STARTED", {}))

    assert read(session, "conflict_chunk")[0]["state"] == "running"
    assert read(session, "settings")[0]["InProgressFlag"] == 1


def test_a_job_that_writes_nothing_fails_without_a_word_to_the_application(
    session: Session, instance: dg.DagsterInstance
) -> None:
    settings(session, InProgressFlag=1)  # a snapshot is being taken, and no cycle is open yet
    failed = run(instance, "test_snowflake")

    react_to_failure(instance, failed.dagster_run)

    assert read(session, "settings")[0]["InProgressFlag"] == 1


def test_a_failure_is_one_line_in_the_log_without_data(
    world: Session, keys: list[str], instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    refuse(world, SSNS[0])
    failed = run(instance, "process_task02_chunk", key=keys[0])
    capfd.readouterr()

    react_to_failure(instance, failed.dagster_run)

    (line,) = capfd.readouterr().err.splitlines()
    assert f"Job process_task02_chunk, chunk {keys[0]}, run {failed.run_id}: " in line
    assert SSNS[0] not in line


@pytest.mark.parametrize(("will_retry", "event"), [("true", None), ("false", "run_failed")])
def test_a_failure_is_an_event_unless_dagster_tries_again_by_itself(
    world: Session,
    keys: list[str],
    instance: dg.DagsterInstance,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    will_retry: str,
    event: str | None,
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "json")
    load_settings.cache_clear()
    died = add_run(instance, "STARTED", {PARTITION: keys[0], "dagster/will_retry": will_retry})
    capfd.readouterr()

    react_to_failure(instance, died)

    (line,) = map(json.loads, capfd.readouterr().err.splitlines())
    assert line.get("event") == event
    assert (line["job"], line["run_id"], line["chunk"]) == ("job", died.run_id, keys[0])
    assert line["cycle"] == keys[0].rpartition("_")[0]
    assert line["message"].endswith("the process died")


@pytest.mark.parametrize(
    ("sensor", "table"),
    [
        (upstream_load, "analytics.factdatarefreshstatus"),
        (pending_chunks, "conflict.conflict_cycle_status"),
        (cycle_finished, "conflict.conflict_cycle_status"),
    ],
    ids=lambda value: value.name if isinstance(value, dg.SensorDefinition) else "",
)
def test_of_an_error_of_the_database_a_sensor_says_no_value(
    session: Session, instance: dg.DagsterInstance, sensor: dg.SensorDefinition, table: str
) -> None:
    poison_reads(session, table)

    with (
        dg.build_sensor_context(instance=instance, resources=POSTGRES, definitions=defs) as context,
        pytest.raises(dg.Failure) as error,
    ):
        sensor.evaluate_tick(context)

    # As a tick is stored, and printed by the daemon.
    stored = SerializableErrorInfo.from_traceback(TracebackException.from_exception(error.value))
    assert POISON_SHOWN in stored.to_string()
    assert not any(value in stored.to_string() for value in POISON)


def test_a_failure_is_told_of_even_where_the_ledger_cannot_be_written(
    session: Session, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    poison_reads(session, "conflict.conflict_cycle_status")
    died = add_run(instance, "STARTED", {})

    with pytest.raises(dg.Failure, match="RaiseException") as error:
        react_to_failure(instance, died)

    assert f"run {died.run_id}: the process died" in capfd.readouterr().err
    assert not any(
        value in "".join(TracebackException.from_exception(error.value).format()) for value in POISON
    )


def react_to_failure(instance: dg.DagsterInstance, failed: dg.DagsterRun) -> None:
    """The sensor run_failure, after Dagster has found that the run has died."""
    event = instance.report_run_failed(failed)
    context = dg.build_run_status_sensor_context("run_failure", event, instance, failed, resources=POSTGRES)
    run_failure(context.for_run_failure())
