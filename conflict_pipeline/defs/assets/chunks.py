"""The conflict table, one partition for each chunk."""

from collections.abc import Iterator

import dagster as dg

from conflict_pipeline.cycles import checks
from conflict_pipeline.cycles.chunk_keys import require_key
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.events import is_materialized, observe_skipped_chunk
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.partitions import CHUNKS, POOL
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import ForceConfig
from conflict_pipeline.defs.steps import step_attributes, tables_read
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.postgres import schema
from conflict_pipeline.settings import load_settings
from conflict_pipeline.steps import chunk_steps

_BACKFILL_TAG = "dagster/backfill"
_STEPS = chunk_steps()


@dg.asset(
    name=_STEPS[0].table,
    partitions_def=CHUNKS,
    deps=[checks.PLAN_TABLE, *tables_read(*_STEPS)],
    pool=POOL,
    # A chunk that is busy or superseded ends without an error and without a materialization.
    output_required=False,
    **step_attributes(_STEPS[0]),
)
def conflictvisitmaps(
    context: dg.AssetExecutionContext, postgres: PostgresResource, config: ForceConfig
) -> Iterator[dg.MaterializeResult[None]]:
    """Pairs of visits by one caregiver that cannot both have happened as recorded, brought up to date.

    One partition for each chunk of the open cycle. A chunk that has completed in this cycle is not processed
    again (unless `force` is set), so any partition can be materialized again at any time.

    - *redetect/redetected*: rows for which a rule holds; updated where they differ
    - *redetect/not_redetected*: rows for which no rule holds; they keep their values, with `UpdateFlag` 1
    - *redetect/guarded*: rows under in-service or PTO; `UpdateFlag` 1, and never updated
    - *redetect/changed_meanwhile*: rows that another session changed while the chunk ran; left to the next
      cycle
    - *redetect/bad_gps, bad_times*: GPS texts of the chunk's visits that are no coordinates, and times that
      are none; ignored
    - *redetect/written*: rows that differed and were written
    """
    with as_dagster_failures():
        if not context.has_partition_key:
            raise PipelineError(
                "Which chunk? Give a partition key of `conflict-pipeline status`, on the command line by "
                """--tags '{"dagster/partition": "KEY"}'."""
            )
        key, database = context.partition_key, postgres.database()
        require_key(key)
        with database.session(f"{key} {context.run.run_id}") as session:
            schema.require(session)
        try:
            result = process_chunk(
                lambda: database.session(f"{key} {context.run.run_id}"),
                key,
                context.run.run_id,
                force=config.force,
                retry_delay=load_settings().chunk_retry_delay_seconds,
                on_retry=context.log.warning,
            )
        except ChunkBusyError as busy:
            context.log.warning(str(busy))
            return
    if result.outcome == "skipped":
        observe_skipped_chunk(context, result)
        # A backfill counts a partition as failed if its run records no materialization.
        is_recorded = _BACKFILL_TAG not in context.run.tags and is_materialized(context, key)
        if is_recorded or not result.counts:
            return
    yield dg.MaterializeResult(metadata=metadata.chunk_metadata(result))
