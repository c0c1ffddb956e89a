"""The plan: which rows make which chunk."""

import dagster as dg

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import require_one_settings_row
from conflict_pipeline.defs import metadata, partitions
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.task_01 import conflictvisitmaps_temp
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import PlanConfig
from conflict_pipeline.postgres import schema
from conflict_pipeline.settings import load_settings


@dg.asset(group_name="task_02", kinds={"postgres"}, owners=OWNERS, deps=[conflictvisitmaps_temp])
def conflict_chunks(
    context: dg.AssetExecutionContext, postgres: PostgresResource, config: PlanConfig
) -> dg.MaterializeResult[None]:
    """A new plan, which supersedes an open cycle: its chunks that are not done are skipped from then on.

    Each chunk, a range of (visit date, SSN), is a partition of conflictvisitmaps. Materialize this asset
    alone, or launch `start_cycle` or `conflict_report`: "Materialize all" plans a new cycle and then runs the
    partitions of the one before.
    """
    with as_dagster_failures(), postgres.database().session("conflict_chunks") as session:
        schema.require(session)
        require_one_settings_row(session)
        plan = ledger.plan_cycle(session, config.chunk_settings(), context.run.run_id)
        old_keys = ledger.old_partition_keys(session, load_settings().keep_cycles)
    partitions.register(context.instance, plan.partition_keys, old_keys)
    return dg.MaterializeResult(metadata=metadata.plan_metadata(plan))
