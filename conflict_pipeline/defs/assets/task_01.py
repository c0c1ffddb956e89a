"""Task 01: payer-provider reminders, and the picture of the report before the update."""

import dagster as dg

from conflict_pipeline.cycles import ledger, summary
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.sources import column_schema
from conflict_pipeline.defs.run_config import WindowConfig
from conflict_pipeline.errors import clear_failures
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import PostgresResource
from conflict_pipeline.steps import snapshot


@dg.asset(
    group_name="task_01",
    kinds={"postgres"},
    owners=OWNERS,
    deps=["dimpayer", "dimprovider", "dimpayerprovider"],
    metadata={"dagster/column_schema": column_schema(schema.table("payer_provider_reminders"))},
)
def payer_provider_reminders(postgres: PostgresResource) -> dg.MaterializeResult[None]:
    """One row per payer and provider that work together; the days to remind are filled in by others."""
    with clear_failures(), postgres.database().session("payer_provider_reminders") as session:
        schema.require(session)
        counts = snapshot.refresh_reminders(session)
    return dg.MaterializeResult(metadata=summary.reminders_metadata(counts))


@dg.asset(
    group_name="task_01",
    kinds={"postgres"},
    owners=OWNERS,
    deps=[payer_provider_reminders, "conflicts"],
    metadata={"dagster/column_schema": column_schema(schema.table("conflictvisitmaps_temp"))},
)
def conflictvisitmaps_temp(postgres: PostgresResource, config: WindowConfig) -> dg.MaterializeResult[None]:
    """The rows of conflictvisitmaps in the window as the cycle before has left them, for later audit."""
    with clear_failures(), postgres.database().session("conflictvisitmaps_temp") as session:
        schema.require(session)
        settings = config.chunk_settings()
        taken = snapshot.take_snapshot(session, ledger.current_window(session, settings), settings.scope)
    return dg.MaterializeResult(metadata=summary.snapshot_metadata(taken))
