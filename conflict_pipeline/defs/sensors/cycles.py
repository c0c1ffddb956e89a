"""Sensors that start a cycle after an upstream load, and close it after its last chunk."""

import dagster as dg

from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.jobs.asset_jobs import finish_cycle, new_cycle_config, start_cycle
from conflict_pipeline.defs.jobs.whole_cycle import conflict_report
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.sensors.runs import request_run_once

_UPSTREAM = "conflict_pipeline/upstream_load"
_CYCLE = "conflict_pipeline/cycle"


@dg.sensor(
    jobs=[start_cycle, conflict_report],
    minimum_interval_seconds=30,
    description="Starts a cycle when an upstream load has ended that no cycle includes yet.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
@as_dagster_failures()
def upstream_load(
    context: dg.SensorEvaluationContext, postgres: PostgresResource
) -> dg.SensorResult | dg.SkipReason:
    """Request a run that starts a cycle if there are upstream loads that no cycle includes."""
    database = postgres.database()
    with database.session("upstream_load") as session:
        due = ledger.due_loads(session)
    if not due.loads:
        return dg.SkipReason(
            "Every upstream load is in a cycle already."
            if due.loads_ever
            else "No upstream load of module Conflict Report has succeeded yet."
        )
    settings = database.settings
    config = new_cycle_config(settings.cycle_job, settings.cycle_mode)
    load = f"{due.newest} (load {due.loads_ever})"
    return request_run_once(
        context, {_UPSTREAM: load}, f"upstream load of {load}", job=settings.cycle_job, config=config
    )


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
        cycle = ledger.open_cycle(session)
    if cycle is None:
        return dg.SkipReason("No cycle is open.")
    if cycle.completed < cycle.chunks:
        return dg.SkipReason(
            f"Cycle {cycle.cycle_key}: {cycle.completed} of {cycle.chunks} chunks completed, "
            f"{cycle.running} running, {cycle.failed} failed."
        )
    return request_run_once(context, {_CYCLE: cycle.cycle_key}, f"cycle {cycle.cycle_key}")
