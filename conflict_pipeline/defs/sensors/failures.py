"""The sensor that records and logs failed runs."""

import dagster as dg

from conflict_pipeline.cycles import recovery
from conflict_pipeline.cycles.chunk_keys import tagged_key
from conflict_pipeline.defs.console import error_line, operators_logger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.logs import about

_JOBS_THAT_WRITE_NOTHING = {"validate_config", "test_postgres", "test_snowflake"}
_WILL_RETRY = "dagster/will_retry"


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
