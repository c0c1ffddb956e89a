"""Telling Dagster of what was done outside the asset that it was done for."""

import dagster as dg

from conflict_pipeline.cycles import summary
from conflict_pipeline.cycles.chunk_runner import ChunkResult, completed_chunks
from conflict_pipeline.defs import metadata
from conflict_pipeline.logs import about
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session

Context = dg.OpExecutionContext | dg.AssetExecutionContext


def record(context: Context, asset: str, metadata: metadata.Metadata, partition: str | None = None) -> None:
    """A materialization of the asset, or of one of its partitions."""
    context.log_event(dg.AssetMaterialization(asset, metadata=metadata, partition=partition))


def record_chunk(context: Context, result: ChunkResult) -> None:
    """A completed chunk as a materialization of its partition."""
    record(context, "conflictvisitmaps", metadata.chunk_metadata(result), result.partition_key)


def record_unrecorded(context: Context, session: Session, cycle_id: int) -> None:
    """The completed chunks that Dagster does not know of: their process died before it could say so."""
    recorded = context.instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps"))
    for result in completed_chunks(session, cycle_id):
        if result.partition_key not in recorded:
            record_chunk(context, result)


def say_complete(context: Context, session: Session, finished: Cycle, *, was_open: bool) -> None:
    """The summary of a cycle in the log; an event if this is the run that has closed it."""
    counts = {"rows": finished.planned} | {
        name: getattr(finished, name)
        for name in ("chunks", "redetected", "not_redetected", "guarded", "bad_gps", "written")
    }
    context.log.info(
        f"The cycle is complete.\n{summary.as_text(summary.cycle_lines(session, finished))}",
        extra=about(
            "cycle_completed" if was_open else None,
            cycle=finished.cycle_key,
            seconds=round(finished.seconds, 3),
            **counts,
        ),
    )
