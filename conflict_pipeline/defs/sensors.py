"""Sensors: a cycle after each upstream load, a run for each chunk, the end of a cycle, and failures.

The sensors are stateless except for the time of the last alert about stuck chunks. All other state is in the
ledger and in Dagster's runs, so after a day without the daemon they continue from the current state. Failed
chunks are left to an operator (`conflict-pipeline retry`, or the UI); stuck chunks are started again.
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

# All times are in seconds. CHUNK_CLAIM_TIMEOUT: from the start of a run to its claim of the chunk.
CHUNK_CLAIM_TIMEOUT = 300
# An open cycle without a running chunk counts as stalled after this time.
STALLED_TIMEOUT = 900
# An alert is repeated after this time if its cause remains.
ALERT_INTERVAL = 3600
# A job or chunk is started at most so often, because its runs may end without an entry in the ledger.
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
    description="Starts a cycle for the newest upstream load that no cycle includes yet.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def upstream_load(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """Request a run that starts a cycle, unless a cycle includes the newest upstream load already."""
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
    return _request_run_once(
        context, tags, f"upstream load of {newest}", job=settings.cycle_job, config=config
    )


@dg.sensor(
    job=process_task02_chunk,
    minimum_interval_seconds=15,
    description="Starts a run for each pending or stuck chunk of the open cycle.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def pending_chunks(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """Request a run for each pending or stuck chunk of the open cycle, up to max_concurrency at a time."""
    with postgres.database().session("pending_chunks") as session:
        cycle = _open_cycle(session)
        chunks = ledger.chunks(session, cycle.cycle_id) if cycle else []
    waiting = [chunk["partition_key"] for chunk in chunks if chunk["status"] in {"pending", "stuck"}]
    if cycle is None or not waiting:
        return dg.SkipReason("No chunk is pending or stuck.")
    if _whole_cycle_job_is_running(context, chunks):
        return dg.SkipReason(f"A run of the job {conflict_report.name} processes the chunks of the cycle.")
    running = _running_keys(context, chunks)
    free = int(cycle.settings["max_concurrency"]) - len(running)
    requests: list[dg.RunRequest] = []
    given_up = set()
    for key in waiting:
        if len(requests) >= free:
            break
        if key in running:
            continue
        runs = context.instance.get_runs_count(dg.RunsFilter(tags={PARTITION_TAG: key}))
        if runs < MAX_RUNS:
            requests.append(dg.RunRequest(run_key=f"{key} {runs}", partition_key=key))
        else:
            given_up.add(key)
    _alert(context, cycle, _stuck_keys(cycle, chunks, running, given_up))
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
    """Request a run that closes the open cycle once every chunk has completed."""
    with postgres.database().session("cycle_finished") as session:
        cycle = _open_cycle(session)
    if cycle is None:
        return dg.SkipReason("No cycle is open.")
    if cycle.completed < cycle.chunks:
        return dg.SkipReason(
            f"Cycle {cycle.cycle_key}: {cycle.completed} of {cycle.chunks} chunks completed, "
            f"{cycle.running} running, {cycle.failed} failed."
        )
    return _request_run_once(context, {_CYCLE: cycle.cycle_key}, f"cycle {cycle.cycle_key}")


@dg.run_failure_sensor(
    description="Records in the ledger what a dead run could not record, and logs the failure.",
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
)
@as_dagster_failures()
def run_failure(context: dg.RunFailureSensorContext, postgres: PostgresResource) -> None:
    """Update the ledger and InProgressFlag after a run that may have died before it could do so."""
    run = context.dagster_run
    key = tagged_key(run.tags)
    _log_run_failure(context, key)
    if run.job_name not in _JOBS_THAT_WRITE_NOTHING:
        with postgres.database().session("run_failure") as session:
            recovery.handle_run_failure(session, key, run.run_id)


def _log_run_failure(context: dg.RunFailureSensorContext, key: str | None) -> None:
    run = context.dagster_run
    errors = [
        getattr(event.event_specific_data, "error", None) for event in context.get_step_failure_events()
    ]
    reasons = "; ".join(error_line(error) for error in errors if error) or "the process died"
    # No event where Dagster retries the run by itself, because no action is needed.
    event = None if run.tags.get(_WILL_RETRY) == "true" else "run_failed"
    operators_logger().error(
        f"Job {run.job_name}, chunk {key or '-'}, run {run.run_id}: {reasons}",
        extra=about(event, job=run.job_name, run_id=run.run_id, chunk=key),
    )


def _open_cycle(session: Session) -> Cycle | None:
    cycle = ledger.newest_cycle(session)
    return cycle if cycle and cycle.state == "open" else None


def _whole_cycle_job_is_running(context: dg.SensorEvaluationContext, chunks: list[dict[str, Any]]) -> bool:
    """Return whether a run of conflict_report holds a chunk; a claim proves that the run is alive."""
    holders = [chunk["run_id"] for chunk in chunks if chunk["status"] == "running" and chunk["run_id"]]
    if not holders:
        return False
    return context.instance.get_runs_count(dg.RunsFilter(run_ids=holders, job_name=conflict_report.name)) > 0


def _running_keys(context: dg.SensorEvaluationContext, chunks: list[dict[str, Any]]) -> set[str]:
    """Return the running chunks, and those whose run is about to claim its chunk.

    Dagster keeps showing a run as started when its process died with the machine, so claims take precedence.
    """
    by_key = {chunk["partition_key"]: chunk for chunk in chunks}
    running = {key for key, chunk in by_key.items() if chunk["status"] == "running"}
    for record in context.instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        chunk = by_key.get(record.dagster_run.tags.get(PARTITION_TAG, ""))
        if chunk is not None and _may_claim(record, chunk):
            running.add(chunk["partition_key"])
    return running


def _stuck_keys(
    cycle: Cycle, chunks: list[dict[str, Any]], running: set[str], given_up: set[str]
) -> dict[str, set[str]]:
    """Return the partition keys of chunks that make no progress, by the reason."""
    waiting = {chunk["partition_key"] for chunk in chunks if chunk["status"] in {"pending", "stuck"}}
    died = {chunk["partition_key"] for chunk in chunks if chunk["status"] == "stuck"} - running - given_up
    left = waiting - died - given_up if _is_stalled(cycle, chunks) else set()
    found = {
        "whose worker died and that are processed again": died,
        f"left to an operator after {MAX_RUNS} runs that did not complete them": given_up,
        f"that no run has claimed for {STALLED_TIMEOUT // 60} minutes": left,
    }
    return {reason: keys for reason, keys in found.items() if keys}


def _alert(context: dg.SensorEvaluationContext, cycle: Cycle, stuck: dict[str, set[str]]) -> None:
    """Log the event chunks_stuck: once a cycle, and again each ALERT_INTERVAL while the cause remains."""
    alerted_cycle, _, alerted_at = (context.cursor or "").partition(" ")
    if not stuck or (alerted_cycle == cycle.cycle_key and time.time() - float(alerted_at) < ALERT_INTERVAL):
        return
    chunks = sum(map(len, stuck.values()))
    reasons = "; ".join(f"{len(keys)} {reason}" for reason, keys in stuck.items())
    operators_logger().error(
        f"Cycle {cycle.cycle_key}: {chunks} of {cycle.chunks} chunks are stuck: {reasons}.",
        extra=about("chunks_stuck", cycle=cycle.cycle_key, chunks=chunks),
    )
    context.update_cursor(f"{cycle.cycle_key} {time.time():.0f}")


def _is_stalled(cycle: Cycle, chunks: list[dict[str, Any]]) -> bool:
    """Return whether no chunk is running, and none has started or ended within STALLED_TIMEOUT."""
    signs = [cycle.opened_at, cycle.last_finished_at, *(chunk["started_at"] for chunk in chunks)]
    last = max(sign for sign in signs if sign is not None)
    silence = cycle.age_seconds - (last - cycle.opened_at).total_seconds()
    return cycle.running == 0 and silence > STALLED_TIMEOUT


def _may_claim(record: dg.RunRecord, chunk: dict[str, Any]) -> bool:
    """Return whether an unfinished run can still claim its chunk: it has not ended, and is not dead."""
    if chunk["status"] not in {"pending", "stuck"}:
        return False
    died_on_it = chunk["status"] == "stuck" and chunk["run_id"] == record.dagster_run.run_id
    lost = record.start_time is not None and time.time() - record.start_time > CHUNK_CLAIM_TIMEOUT
    return not died_on_it and not lost


def _request_run_once(
    context: dg.SensorEvaluationContext,
    tags: dict[str, str],
    what: str,
    *,
    job: str | None = None,
    config: dg.RunConfig | dict[str, Any] | None = None,
) -> dg.SensorResult | dg.SkipReason:
    """Request a run for `what`, unless one is under way or MAX_RUNS runs have failed."""
    if context.instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=_UNFINISHED)):
        return dg.SkipReason(f"A run for {what} is under way.")
    runs = context.instance.get_runs_count(dg.RunsFilter(tags=tags))
    if runs >= MAX_RUNS:
        return dg.SkipReason(f"{runs} runs for {what} have failed. Remove the cause, then launch the job.")
    request = dg.RunRequest(run_key=f"{what} {runs}", job_name=job, run_config=config, tags=tags)
    return dg.SensorResult(run_requests=[request])


sensors = [upstream_load, pending_chunks, cycle_finished, run_failure]
