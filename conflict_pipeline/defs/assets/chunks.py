"""The report itself, one partition per chunk."""

from collections.abc import Iterator

import dagster as dg

from conflict_pipeline.cycles.chunk_keys import require_key
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.plan import conflict_chunks
from conflict_pipeline.defs.assets.sources import column_schema
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.partitions import CHUNKS, POOL
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.defs.run_config import ChunkConfig
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.settings import load_settings

_READ = (
    "factvisitcallperformance_cr",
    "dimcaregiver",
    "dimprovider",
    "dimoffice",
    "dimpatient",
    "dimpatientaddress",
    "dimpayer",
    "dimcontract",
    "dimservicecode",
    "dimuser",
    "settings",
    "mph",
    "excluded_agency",
    "excluded_ssn",
)


@dg.asset(
    group_name="task_02",
    kinds={"postgres"},
    owners=OWNERS,
    partitions_def=CHUNKS,
    deps=[conflict_chunks, *_READ],
    pool=POOL,
    # A chunk that is busy or superseded ends without an error, and without a materialization.
    output_required=False,
    metadata={"dagster/column_schema": column_schema(tables.get_table("conflictvisitmaps"))},
)
def conflictvisitmaps(
    context: dg.AssetExecutionContext, postgres: PostgresResource, config: ChunkConfig
) -> Iterator[dg.MaterializeResult[None]]:
    """Pairs of visits by one caregiver that cannot both have happened as recorded, brought up to date.

    One partition per chunk of the open cycle. A chunk that has completed in this cycle is not done again
    (unless `force` is set), so any partition can be materialized again at any time. The checks of a finished
    cycle are those of `conflict_report`.

    - *planned*: rows of the chunk when the cycle was planned; *marked*: when it was done, with `UpdateFlag` 1
    - *redetected*: rows for which a rule holds; updated, and the mark taken away
    - *not_redetected*: rows that keep their values and the mark
    - *guarded*: rows under in-service or PTO; marked and never updated
    - *bad_gps*: texts of its visits that are no coordinates; passed over
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
    if result.reason:
        context.log.info(f"Chunk {key} was skipped: {result.reason}.")
    if result.counts is None:
        return
    # A chunk that is completed already is as good as materialized now: a backfill over it succeeds.
    yield dg.MaterializeResult(metadata=metadata.chunk_metadata(result))
