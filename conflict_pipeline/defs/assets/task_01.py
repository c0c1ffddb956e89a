"""Task 01: payer-provider reminders, and the picture of the report before the update."""

import dagster as dg

from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.sources import column_schema
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import WindowConfig
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.steps import snapshot


@dg.asset(
    group_name="task_01",
    kinds={"postgres"},
    owners=OWNERS,
    deps=["dimpayer", "dimprovider", "dimpayerprovider"],
    metadata={"dagster/column_schema": column_schema(tables.get_table("payer_provider_reminders"))},
)
def payer_provider_reminders(postgres: PostgresResource) -> dg.MaterializeResult[None]:
    """One row per payer and provider that work together; the days to remind are filled in by others."""
    with as_dagster_failures(), postgres.database().session("payer_provider_reminders") as session:
        schema.require(session)
        counts = snapshot.refresh_reminders(session)
    return dg.MaterializeResult(metadata=metadata.reminders_metadata(counts))


@dg.asset(
    group_name="task_01",
    kinds={"postgres"},
    owners=OWNERS,
    deps=[payer_provider_reminders, "conflicts"],
    metadata={"dagster/column_schema": column_schema(tables.get_table("conflictvisitmaps_temp"))},
)
def conflictvisitmaps_temp(postgres: PostgresResource, config: WindowConfig) -> dg.MaterializeResult[None]:
    """The rows of conflictvisitmaps in the window as the cycle before has left them, for later audit."""
    with as_dagster_failures(), postgres.database().session("conflictvisitmaps_temp") as session:
        schema.require(session)
        settings = config.chunk_settings()
        taken = snapshot.take_snapshot(session, ledger.current_window(session, settings), settings.scope)
    return dg.MaterializeResult(metadata=metadata.snapshot_metadata(taken))
