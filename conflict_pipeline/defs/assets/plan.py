"""The plan: which rows make which chunk."""

import dagster as dg

from conflict_pipeline.cycles import checks, ledger, run
from conflict_pipeline.defs import metadata, partitions
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.sources import phi_tag
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import PlanConfig
from conflict_pipeline.defs.steps import code_version
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import schema
from conflict_pipeline.settings import load_settings, schema_name
from conflict_pipeline.steps import chunk_steps, steps_before_plan

_BACKFILL_TAG = "dagster/backfill"


@dg.asset(
    name=checks.PLAN_TABLE,
    group_name="conflicts",
    kinds={"postgres"},
    owners=OWNERS,
    tags=phi_tag(checks.PLAN_TABLE),
    code_version=code_version(),
    metadata={"dagster/table_name": f"{schema_name('conflict')}.conflict_chunk"},
    deps=sorted(step.table for step in steps_before_plan()),
)
def conflict_chunks(
    context: dg.AssetExecutionContext, postgres: PostgresResource, config: PlanConfig
) -> dg.MaterializeResult[None]:
    """The chunks of a new cycle; its plan supersedes an open cycle, whose unfinished chunks are then skipped.

    Each chunk, a range of (visit date, SSN), is a partition of conflictvisitmaps. Materialize this asset
    alone, or launch `start_cycle` or `conflict_report`. It refuses to be materialized together with
    conflictvisitmaps ("Materialize all"), because that run would process the partitions of the previous
    cycle.
    """
    with as_dagster_failures(), postgres.database().session("conflict_chunks") as session:
        _refuse_materialize_all(context)
        schema.require(session)
        run.require_steps(session)
        settings = config.cycle_settings()
        max_age_hours = load_settings().resume_max_age_hours
        run.prepare_for_assets(session, settings, context.run.run_id, max_age_hours=max_age_hours)
        plan = run.plan_cycle(session, settings, context.run.run_id)
        old_keys = ledger.old_partition_keys(session, load_settings().keep_cycles)
    partitions.register(context.instance, plan.partition_keys, old_keys)
    return dg.MaterializeResult(metadata=metadata.plan_metadata(plan))


def _refuse_materialize_all(context: dg.AssetExecutionContext) -> None:
    """Raise PipelineError if the same run or backfill materializes chunks, before anything is planned."""
    selected = set(context.job_def.asset_layer.executable_asset_keys)
    backfill_id = context.run.tags.get(_BACKFILL_TAG)
    backfill = context.instance.get_backfill(backfill_id) if backfill_id else None
    if backfill is not None:
        selected |= set(backfill.asset_selection or ())
    if selected & {dg.AssetKey(step.table) for step in chunk_steps()}:
        raise PipelineError(
            "A plan and chunks cannot be materialized together, because the chunks would be those of the "
            "previous cycle. Launch the job conflict_report, or start_cycle, for a whole cycle."
        )
