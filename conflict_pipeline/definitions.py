"""The code location conflict_pipeline: what `dagster -m conflict_pipeline.definitions` loads.

Assembly only.
"""

import dagster as dg

from conflict_pipeline.defs.assets.analytics import loaded_analytics_assets
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.assets.parity import conflictvisitmaps_parity
from conflict_pipeline.defs.assets.plan import conflict_chunks
from conflict_pipeline.defs.assets.report import conflict_report
from conflict_pipeline.defs.assets.sources import application_assets, external_analytics_assets
from conflict_pipeline.defs.checks import asset_checks
from conflict_pipeline.defs.console import console_logger
from conflict_pipeline.defs.jobs.asset_jobs import jobs
from conflict_pipeline.defs.jobs.load_analytics import load_analytics, nightly_load
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.defs.sensors.chunks import pending_chunks
from conflict_pipeline.defs.sensors.cycles import cycle_finished, upstream_load
from conflict_pipeline.defs.sensors.failures import run_failure
from conflict_pipeline.defs.steps import step_assets
from conflict_pipeline.settings import load_settings, loads_from_snowflake


def assemble() -> dg.Definitions:
    """Return the definitions for the current settings; neither they nor a server need to be there."""
    # Another tool may load the analytics tables; then they are external, and a sensor waits for its loads.
    loads = loads_from_snowflake()
    return dg.Definitions(
        assets=[
            *application_assets(),
            *(loaded_analytics_assets() if loads else external_analytics_assets()),
            *step_assets(),
            conflict_chunks,
            conflictvisitmaps,
            conflict_report,
            conflictvisitmaps_parity,
        ],
        asset_checks=asset_checks(),
        jobs=[*jobs, load_analytics] if loads else jobs,
        schedules=[nightly_load(load_settings())] if loads else [],
        sensors=[upstream_load, pending_chunks, cycle_finished, run_failure],
        resources={"postgres": PostgresResource(), "snowflake": SnowflakeResource()},
        loggers={"console": console_logger},
        # A second process for each chunk would cost more than most chunks.
        executor=dg.in_process_executor,
    )


defs = assemble()
