"""What happens by itself: a cycle after each upstream load, a run for each chunk, the end, and failures.

The sensors hold no state of their own, but for when they said last that chunks are stuck. What has been done
is in the ledger and in Dagster's runs, so a daemon that was down for a day goes on where the world is now.
Chunks that failed are left to a person (`conflict-pipeline retry`, or the UI); chunks whose worker died are
taken up again.
"""

import time
from typing import Any

import dagster as dg

from conflict_pipeline.cycles import ledger, recovery
from conflict_pipeline.cycles.chunk_keys import PARTITION_TAG, tagged_key
from conflict_pipeline.defs.console import error_line, operators_logger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.jobs.asset_jobs import (
    finish_cycle,
    new_cycle_config,
    process_task02_chunk,
    start_cycle,
)
from conflict_pipeline.defs.jobs.whole_cycle import conflict_report
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

# From the start of a process to the moment when it holds its chunk.
CHUNK_CLAIM_TIMEOUT = 300
# An open cycle in which nothing has happened for so long stands still.
STALLED_TIMEOUT = 900
# What is still wrong is said again after so long.
ALERT_INTERVAL = 3600
# A job or chunk whose runs end without a trace in the ledger is not started for ever.
MAX_RUNS = 3
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_JOBS_THAT_WRITE_NOTHING = {"validate_config", "test_postgres", "test_snowflake"}
_UPSTREAM = "conflict_pipeline/upstream_load"
_CYCLE = "conflict_pipeline/cycle"
_WILL_RETRY = "dagster/will_retry"


@dg.sensor(
    jobs=[start_cycle, conflict_report],
    minimum_interval_seconds=30,
    description="Starts a cycle for the newest upstream load that no cycle has taken in.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def upstream_load(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """A new cycle for the newest upstream load, unless a cycle has taken it in."""
    database = postgres.database()
    with database.session("upstream_load") as session:
        newest = ledger.newest_upstream_load(session)
        taken_in = ledger.newest_load_taken_in(session)
    if newest is None:
        return dg.SkipReason("No upstream load of module Conflict Report has succeeded yet.")
    if taken_in is not None and newest <= taken_in:
        return dg.SkipReason(f"The newest upstream load, of {newest}, is in a cycle already.")
    settings = database.settings
    config = new_cycle_config(settings.cycle_job, settings.cycle_mode)
    tags = {_UPSTREAM: newest.isoformat()}
    return _once(context, tags, f"upstream load of {newest}", job=settings.cycle_job, config=config)


@dg.sensor(
    job=process_task02_chunk,
    minimum_interval_seconds=15,
    description="Starts a run for each chunk of the open cycle that waits, or whose worker died.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def pending_chunks(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """A run for each chunk of the open cycle that waits, or whose worker died; as many as may be at work."""
    with postgres.database().session("pending_chunks") as session:
        cycle = _open_cycle(session)
        chunks = ledger.chunks(session, cycle.cycle_id) if cycle else []
    waiting = [chunk["partition_key"] for chunk in chunks if chunk["status"] in {"pending", "stuck"}]
    if cycle is None or not waiting:
        return dg.SkipReason("No chunk waits.")
    if _whole_cycle_is_at_work(context, chunks):
        return dg.SkipReason(f"A run of the job {conflict_report.name} is at work on the cycle's chunks.")
    at_work = _at_work(context, chunks)
    free = int(cycle.settings["max_concurrency"]) - len(at_work)
    requests: list[dg.RunRequest] = []
    given_up = set()
    for key in waiting:
        if len(requests) >= free:
            break
        if key in at_work:
            continue
        runs = context.instance.get_runs_count(dg.RunsFilter(tags={PARTITION_TAG: key}))
        if runs < MAX_RUNS:
            requests.append(dg.RunRequest(run_key=f"{key} {runs}", partition_key=key))
        else:
            given_up.add(key)
    _tell(context, cycle, _stuck(cycle, chunks, at_work, given_up))
    return dg.SensorResult(run_requests=requests)


@dg.sensor(
    job=finish_cycle,
    minimum_interval_seconds=15,
    description="Closes the open cycle once every chunk has completed.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def cycle_finished(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """Closes the open cycle once every chunk has completed: closing checks, summary, InProgressFlag."""
    with postgres.database().session("cycle_finished") as session:
        cycle = _open_cycle(session)
    if cycle is None:
        return dg.SkipReason("No cycle is open.")
    if cycle.completed < cycle.chunks:
        return dg.SkipReason(
            f"Cycle {cycle.cycle_key}: {cycle.completed} of {cycle.chunks} chunks completed, "
            f"{cycle.running} at work, {cycle.failed} failed."
        )
    return _once(context, {_CYCLE: cycle.cycle_key}, f"cycle {cycle.cycle_key}")


@dg.run_failure_sensor(
    description="Notes in the ledger what a run that died could not write.",
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
)
@as_dagster_failures()
def run_failure(context: dg.RunFailureSensorContext, postgres: PostgresResource) -> None:
    """The ledger and InProgressFlag, after a run that died before it could write them."""
    run = context.dagster_run
    key = tagged_key(run.tags)
    _say_failed(context, key)
    if run.job_name not in _JOBS_THAT_WRITE_NOTHING:
        with postgres.database().session("run_failure") as session:
            recovery.handle_run_failure(session, key, run.run_id)


def _say_failed(context: dg.RunFailureSensorContext, key: str | None) -> None:
    run = context.dagster_run
    errors = [
        getattr(event.event_specific_data, "error", None) for event in context.get_step_failure_events()
    ]
    reasons = "; ".join(error_line(error) for error in errors if error) or "the process died"
    # Where Dagster tries again by itself, nobody has to be woken.
    event = None if run.tags.get(_WILL_RETRY) == "true" else "run_failed"
    operators_logger().error(
        f"Job {run.job_name}, chunk {key or '-'}, run {run.run_id}: {reasons}",
        extra=about(event, job=run.job_name, run_id=run.run_id, chunk=key),
    )


def _open_cycle(session: Session) -> Cycle | None:
    cycle = ledger.newest_cycle(session)
    return cycle if cycle and cycle.state == "open" else None


def _whole_cycle_is_at_work(context: dg.SensorEvaluationContext, chunks: list[dict[str, Any]]) -> bool:
    """Whether a run that takes every chunk by itself holds one: a run that is alive, then."""
    holders = [chunk["run_id"] for chunk in chunks if chunk["status"] == "running" and chunk["run_id"]]
    if not holders:
        return False
    return context.instance.get_runs_count(dg.RunsFilter(run_ids=holders, job_name=conflict_report.name)) > 0


def _at_work(context: dg.SensorEvaluationContext, chunks: list[dict[str, Any]]) -> set[str]:
    """The chunks that a session holds, and those whose run is about to take its chunk.

    Dagster shows a run as started for ever when its process died with the machine: the ledger knows better.
    """
    by_key = {chunk["partition_key"]: chunk for chunk in chunks}
    at_work = {key for key, chunk in by_key.items() if chunk["status"] == "running"}
    for record in context.instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        chunk = by_key.get(record.dagster_run.tags.get(PARTITION_TAG, ""))
        if chunk is not None and _may_take(record, chunk):
            at_work.add(chunk["partition_key"])
    return at_work


def _stuck(
    cycle: Cycle, chunks: list[dict[str, Any]], at_work: set[str], given_up: set[str]
) -> dict[str, set[str]]:
    """The keys of chunks that do not go on as they should, by what is wrong with them."""
    waiting = {chunk["partition_key"] for chunk in chunks if chunk["status"] in {"pending", "stuck"}}
    died = {chunk["partition_key"] for chunk in chunks if chunk["status"] == "stuck"} - at_work - given_up
    left = waiting - died - given_up if _stands_still(cycle, chunks) else set()
    found = {
        "whose worker died: they are done again": died,
        f"left to a person after {MAX_RUNS} runs that ended without a trace": given_up,
        f"that no run has taken for {STALLED_TIMEOUT // 60} minutes": left,
    }
    return {reason: keys for reason, keys in found.items() if keys}


def _tell(context: dg.SensorEvaluationContext, cycle: Cycle, stuck: dict[str, set[str]]) -> None:
    """The event chunks_stuck: once a cycle, and again each hour while it is so."""
    told_of, _, told_at = (context.cursor or "").partition(" ")
    if not stuck or (told_of == cycle.cycle_key and time.time() - float(told_at) < ALERT_INTERVAL):
        return
    chunks = sum(map(len, stuck.values()))
    reasons = "; ".join(f"{len(keys)} {reason}" for reason, keys in stuck.items())
    operators_logger().error(
        f"Cycle {cycle.cycle_key}: {chunks} of {cycle.chunks} chunks are stuck: {reasons}.",
        extra=about("chunks_stuck", cycle=cycle.cycle_key, chunks=chunks),
    )
    context.update_cursor(f"{cycle.cycle_key} {time.time():.0f}")


def _stands_still(cycle: Cycle, chunks: list[dict[str, Any]]) -> bool:
    """Whether no chunk is held, and none was begun or ended lately."""
    signs = [cycle.opened_at, cycle.last_finished_at, *(chunk["started_at"] for chunk in chunks)]
    last = max(sign for sign in signs if sign is not None)
    silence = cycle.age_seconds - (last - cycle.opened_at).total_seconds()
    return cycle.running == 0 and silence > STALLED_TIMEOUT


def _may_take(record: dg.RunRecord, chunk: dict[str, Any]) -> bool:
    """Whether an unfinished run is on its way to its chunk: not done with it, and not dead."""
    if chunk["status"] not in {"pending", "stuck"}:
        return False
    died_on_it = chunk["status"] == "stuck" and chunk["run_id"] == record.dagster_run.run_id
    lost = record.start_time is not None and time.time() - record.start_time > CHUNK_CLAIM_TIMEOUT
    return not died_on_it and not lost


def _once(
    context: dg.SensorEvaluationContext,
    tags: dict[str, str],
    what: str,
    *,
    job: str | None = None,
    config: dg.RunConfig | dict[str, Any] | None = None,
) -> dg.SensorResult | dg.SkipReason:
    """A run for `what`, unless one is under way; again after one that failed, but not for ever."""
    if context.instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=_UNFINISHED)):
        return dg.SkipReason(f"A run for {what} is under way.")
    runs = context.instance.get_runs_count(dg.RunsFilter(tags=tags))
    if runs >= MAX_RUNS:
        return dg.SkipReason(
            f"{runs} runs for {what} have failed. Remove the cause, and run the job by hand."
        )
    request = dg.RunRequest(run_key=f"{what} {runs}", job_name=job, run_config=config, tags=tags)
    return dg.SensorResult(run_requests=[request])


sensors = [upstream_load, pending_chunks, cycle_finished, run_failure]
