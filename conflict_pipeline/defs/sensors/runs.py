"""Runs that sensors have requested: which have not ended, and when to stop requesting more."""

from typing import Any

import dagster as dg

# A job or chunk is started at most so often, because its runs may end without an entry in the ledger.
MAX_RUNS = 3
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def request_run_once(
    context: dg.SensorEvaluationContext,
    tags: dict[str, str],
    what: str,
    *,
    job: str | None = None,
    config: dg.RunConfig | dict[str, Any] | None = None,
) -> dg.SensorResult | dg.SkipReason:
    """Request a run for `what`, unless one is under way or MAX_RUNS runs have failed."""
    if context.instance.get_runs_count(dg.RunsFilter(tags=tags, statuses=UNFINISHED)):
        return dg.SkipReason(f"A run for {what} is under way.")
    runs = context.instance.get_runs_count(dg.RunsFilter(tags=tags))
    if runs >= MAX_RUNS:
        return dg.SkipReason(f"{runs} runs for {what} have failed. Remove the cause, then launch the job.")
    request = dg.RunRequest(run_key=f"{what} {runs}", job_name=job, run_config=config, tags=tags)
    return dg.SensorResult(run_requests=[request])
