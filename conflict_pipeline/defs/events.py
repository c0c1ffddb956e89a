"""Materializations and log events for work that ran outside the asset that it belongs to."""

import dagster as dg

from conflict_pipeline.cycles import summary
from conflict_pipeline.cycles.chunk_runner import ChunkResult, completed_chunks
from conflict_pipeline.defs import metadata
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

Context = dg.OpExecutionContext | dg.AssetExecutionContext


def record(context: Context, asset: str, found: metadata.Metadata, partition: str | None = None) -> None:
    """Log a materialization of the asset, or of one of its partitions."""
    context.log_event(dg.AssetMaterialization(asset, metadata=found, partition=partition))


def record_chunk(context: Context, result: ChunkResult) -> None:
    """Log a completed chunk as a materialization of its partition."""
    record(context, "conflictvisitmaps", metadata.chunk_metadata(result), result.partition_key)


def record_missing_materializations(context: Context, session: Session, cycle_id: int) -> None:
    """Log the completed chunks that Dagster does not know of: their process died before it logged them."""
    recorded = context.instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps"))
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
