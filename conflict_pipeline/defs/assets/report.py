"""The end of a cycle."""

import dagster as dg

from conflict_pipeline.cycles import run
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.events import log_cycle_completed, record_missing_materializations
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.postgres import schema
from conflict_pipeline.report import publish
from conflict_pipeline.steps import steps_after_chunks


@dg.asset(
    group_name="conflicts",
    kinds={"postgres"},
    owners=OWNERS,
    deps=[conflictvisitmaps, *(step.table for step in steps_after_chunks())],
)
def conflict_report(
    context: dg.AssetExecutionContext, postgres: PostgresResource
) -> dg.MaterializeResult[None]:
    """The finished cycle: closes it once every chunk has completed, sums it up, and writes the report.

    The report is a page in REPORT_FOLDER that people look at, and its numbers as Parquet. One that cannot be
    written is a warning: the cycle is complete all the same. The checks are about the whole cycle, and so
    about conflictvisitmaps.
    """
    with as_dagster_failures(), (database := postgres.database()).session("conflict_report") as session:
        schema.require(session)
        finished, was_open = run.finish(session)
        record_missing_materializations(context, session, finished.cycle_id)
        log_cycle_completed(context, finished, was_open=was_open)
        numbers = metadata.cycle_metadata(session, finished)
        return dg.MaterializeResult(metadata=numbers | publish.after_cycle(context, database, finished))
