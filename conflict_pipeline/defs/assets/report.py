"""The end of a cycle."""

import dagster as dg

from conflict_pipeline.cycles import run
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.events import record_unrecorded, say_complete
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.postgres import schema
from conflict_pipeline.report import publish


@dg.asset(group_name="task_02", kinds={"postgres"}, owners=OWNERS, deps=[conflictvisitmaps])
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
        record_unrecorded(context, session, finished.cycle_id)
        say_complete(context, session, finished, was_open=was_open)
        numbers = metadata.cycle_metadata(session, finished)
        return dg.MaterializeResult(metadata=numbers | publish.after_cycle(context, database, finished))
