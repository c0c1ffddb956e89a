"""Telling Dagster of what was done outside the asset that it was done for."""

import dagster as dg

from conflict_pipeline import summary
from conflict_pipeline.resources.postgres import Session
from conflict_pipeline.task_02 import ChunkResult, completed_chunks

Context = dg.OpExecutionContext | dg.AssetExecutionContext


def record(context: Context, asset: str, metadata: summary.Metadata, partition: str | None = None) -> None:
    """A materialization of the asset, or of one of its partitions."""
    context.log_event(dg.AssetMaterialization(asset, metadata=metadata, partition=partition))


def record_chunk(context: Context, result: ChunkResult) -> None:
    """A completed chunk as a materialization of its partition."""
    record(context, "conflictvisitmaps", summary.chunk_metadata(result), result.partition_key)


def record_unrecorded(context: Context, session: Session, cycle_id: int) -> None:
    """The completed chunks that Dagster does not know of: their process died before it could say so."""
    recorded = context.instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps"))
    for result in completed_chunks(session, cycle_id):
        if result.partition_key not in recorded:
            record_chunk(context, result)
