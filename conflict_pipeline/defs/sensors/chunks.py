"""The sensor that starts a run for each chunk, and alerts about stuck chunks."""

import time
from typing import Any

import dagster as dg

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_keys import PARTITION_TAG
from conflict_pipeline.defs.console import operators_logger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.jobs.asset_jobs import process_task02_chunk
from conflict_pipeline.defs.jobs.whole_cycle import conflict_report
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.sensors.runs import MAX_RUNS, UNFINISHED
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle

# All times are in seconds. CHUNK_CLAIM_TIMEOUT: from the start of a run to its claim of the chunk.
CHUNK_CLAIM_TIMEOUT = 300
# An open cycle without a running chunk counts as stalled after this time.
STALLED_TIMEOUT = 900
# An alert is repeated after this time if its cause remains.
ALERT_INTERVAL = 3600


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
        cycle = ledger.open_cycle(session)
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
    for record in context.instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED)):
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
