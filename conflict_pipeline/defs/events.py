"""Asset events of work that was done, skipped or failed, also outside the asset that it belongs to."""

import dagster as dg

# Dagster exports no event that makes a partition count as failed.
from dagster._core.events import AssetMaterializationPlannedData

from conflict_pipeline.cycles import summary
from conflict_pipeline.cycles.chunk_runner import ChunkResult, completed_chunks
from conflict_pipeline.cycles.run import StepResult
from conflict_pipeline.defs import metadata
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

Context = dg.OpExecutionContext | dg.AssetExecutionContext

_CHUNKS = dg.AssetKey("conflictvisitmaps")


def record(context: Context, asset: str, found: metadata.Metadata, partition: str | None = None) -> None:
    """Log a materialization of the asset, or of one of its partitions."""
    context.log_event(dg.AssetMaterialization(asset, metadata=found, partition=partition))


def record_step(context: Context, result: StepResult) -> None:
    """Log a materialization of the asset that the step keeps.

    For a step that the cycle had completed before, it is an observation, unless Dagster does not know of the
    materialization because the process died before it logged it.
    """
    found = metadata.step_metadata(result)
    known = context.instance.get_latest_materialization_event(dg.AssetKey(result.step.table))
    materialization = known.asset_materialization if known else None
    if result.is_new or materialization is None or materialization.metadata.get("cycle") != found["cycle"]:
        record(context, result.step.table, found)
    else:
        context.log_event(dg.AssetObservation(result.step.table, metadata=found))


def record_chunk(context: Context, result: ChunkResult) -> None:
    """Log a completed chunk as a materialization of its partition."""
    record(context, _CHUNKS.to_user_string(), metadata.chunk_metadata(result), result.partition_key)


def observe_skipped_chunk(context: Context, result: ChunkResult) -> None:
    """Log a chunk that was skipped, and why, as an observation of its partition."""
    context.log.info(
        f"Chunk {result.partition_key} was skipped: {result.reason}.", extra=about(chunk=result.partition_key)
    )
    found = metadata.chunk_metadata(result)
    context.log_event(dg.AssetObservation(_CHUNKS, partition=result.partition_key, metadata=found))


def record_failed_chunk(context: dg.OpExecutionContext, key: str) -> None:
    """Log that the run was to materialize the partition, which counts as failed once the run has failed."""
    planned = AssetMaterializationPlannedData(_CHUNKS, partition=key)
    event = dg.DagsterEvent.build_asset_materialization_planned_event(
        context.job_name, str(context.op_handle), planned
    )
    context.instance.report_dagster_event(event, context.run_id)


def is_materialized(context: Context, key: str) -> bool:
    """Return whether Dagster knows a materialization of the chunk's partition."""
    of_chunk = dg.AssetRecordsFilter(_CHUNKS, asset_partitions=[key])
    return bool(context.instance.fetch_materializations(of_chunk, limit=1).records)


def record_missing_materializations(context: Context, session: Session, cycle_id: int) -> None:
    """Log the completed chunks that Dagster does not know of: their process died before it logged them."""
    recorded = context.instance.get_materialized_partitions(_CHUNKS)
    for result in completed_chunks(session, cycle_id):
        if result.partition_key not in recorded:
            record_chunk(context, result)


def log_cycle_completed(context: Context, finished: Cycle, *, was_open: bool) -> None:
    """Log the summary of a cycle, as the event cycle_completed if this run has closed it."""
    context.log.info(
        f"The cycle is complete.\n{summary.as_text(summary.cycle_lines(finished))}",
        extra=about(
            "cycle_completed" if was_open else None,
            cycle=finished.cycle_key,
            mode=finished.mode,
            seconds=round(finished.seconds, 3),
            chunks=finished.chunks,
            rows=finished.planned,
            counts=finished.counts,
        ),
    )
