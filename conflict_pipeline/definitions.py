"""The table of contents: what `dagster -m conflict_pipeline.definitions` finds."""

import dagster as dg

from conflict_pipeline.assets.conflict_chunks import conflict_chunks
from conflict_pipeline.assets.conflict_report import conflict_report
from conflict_pipeline.assets.conflictvisitmaps import conflictvisitmaps
from conflict_pipeline.assets.sources import source_assets
from conflict_pipeline.assets.task_01 import conflictvisitmaps_temp, payer_provider_reminders
from conflict_pipeline.checks import asset_checks
from conflict_pipeline.console import console_logger
from conflict_pipeline.jobs import jobs
from conflict_pipeline.resources.postgres import PostgresResource
from conflict_pipeline.sensors import sensors

defs = dg.Definitions(
    assets=[
        *source_assets,
        payer_provider_reminders,
        conflictvisitmaps_temp,
        conflict_chunks,
        conflictvisitmaps,
        conflict_report,
    ],
    asset_checks=asset_checks,
    jobs=jobs,
    sensors=sensors,
    resources={"postgres": PostgresResource()},
    loggers={"console": console_logger},
    # A second process for each chunk would cost more than most chunks.
    executor=dg.in_process_executor,
)
