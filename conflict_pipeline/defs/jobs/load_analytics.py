"""The job that loads the analytics tables from Snowflake, and its schedule."""

import dagster as dg

from conflict_pipeline.defs.assets.analytics import LOADED_TABLES, REFRESH_STATUS
from conflict_pipeline.defs.console import TO_CONSOLE
from conflict_pipeline.defs.run_config import LoadConfig
from conflict_pipeline.postgres.tables import STAGED_TABLES
from conflict_pipeline.settings import Settings

load_analytics = dg.define_asset_job(
    "load_analytics",
    selection=[*(table.name for table in LOADED_TABLES), REFRESH_STATUS],
    description="Loads the analytics tables from Snowflake; the sensor upstream_load then starts a cycle.",
    config=dg.RunConfig(ops={name: LoadConfig() for name in STAGED_TABLES}, loggers=TO_CONSOLE.loggers),
)


def nightly_load(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule that starts a load every night at LOAD_AT, once an operator has turned it on."""
    at = settings.load_at
    return dg.ScheduleDefinition(
        name="nightly_load",
        job=load_analytics,
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=settings.report_timezone,
        description="Loads the analytics tables every night.",
    )
