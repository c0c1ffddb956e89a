"""What was done, as metadata of materializations. Counts only, never a data value."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from conflict_pipeline.cycles import ledger, summary
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import MAX_LINKED_RUNS, StepResult
from conflict_pipeline.loads.load import LoadResult
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import STEPS

# The maximum number of rows in the table of chunks, because a cycle may have thousands of chunks.
MAX_TABLE_CHUNKS = 300

Metadata = dict[str, dg.MetadataValue[Any]]


def step_metadata(result: StepResult) -> Metadata:
    """Return the counts of a cycle step, and whether it was skipped."""
    return {
        "cycle": dg.TextMetadataValue(result.cycle.cycle_key),
        **_if_any("skipped", "" if result.is_new else "completed already in this cycle"),
        "window": dg.TextMetadataValue(str(result.cycle.window)),
        "seconds": dg.FloatMetadataValue(round(result.seconds, 3)),
        **_counts(result.step.name, result.counts.as_json()),
    }


def plan_metadata(plan: Plan) -> Metadata:
    return {
        "dagster/row_count": dg.IntMetadataValue(plan.rows),
        "cycle": dg.TextMetadataValue(plan.cycle_key),
        **_if_any("superseded_cycle", plan.superseded or ""),
        "mode": dg.TextMetadataValue(f"{plan.mode}: {plan.mode_reason}"),
        "window": dg.TextMetadataValue(str(plan.window)),
        "chunks": dg.IntMetadataValue(len(plan.partition_keys)),
        "keys": dg.IntMetadataValue(plan.keys),
        "largest_chunk": dg.IntMetadataValue(plan.largest_chunk),
        **_if_any("oversized_chunks", ", ".join(plan.oversized_chunks)),
        "seconds": dg.FloatMetadataValue(round(plan.seconds, 3)),
    }


def chunk_metadata(result: ChunkResult) -> Metadata:
    """Return the rows, the rate and the counts by step of a completed chunk, and why a chunk was skipped."""
    found = _if_any("skipped", result.reason)
    if result.counts:
        found |= _work(result.planned, result.seconds)
        found["attempts"] = dg.IntMetadataValue(result.attempts)
    for step, counts in result.counts.items():
        found |= _counts(step, counts.as_json())
    return found


def cycle_metadata(session: Session, cycle: Cycle) -> Metadata:
    """Return numbers of a finished cycle that plot over time, and its chunks, most attempts first.

    A chunk that was retried is linked to the run that completed it.
    """
    chunks = sorted(ledger.chunks(session, cycle.cycle_id), key=lambda chunk: -chunk["attempts"])
    retried = [chunk for chunk in chunks if chunk["attempts"] > 1]
    rate = cycle.rows_per_second
    found: Metadata = {
        "dagster/row_count": dg.IntMetadataValue(cycle.planned),
        "cycle": dg.TextMetadataValue(cycle.cycle_key),
        "mode": dg.TextMetadataValue(cycle.mode),
        "seconds": dg.FloatMetadataValue(round(cycle.seconds, 3)),
        **({} if rate is None else {"rows_per_second": dg.FloatMetadataValue(round(rate, 1))}),
        "chunks": dg.IntMetadataValue(cycle.chunks),
        "repeated_attempts": dg.IntMetadataValue(sum(chunk["attempts"] - 1 for chunk in retried)),
    }
    for step in STEPS:
        counts = cycle.counts.get(step.name)
        if counts is not None:
            found |= _counts(step.name, summary.in_declared_order(step, counts))
    found["chunk_table"] = _chunk_table(chunks[:MAX_TABLE_CHUNKS])
    return found | {
        f"run of {chunk['partition_key']}": dg.MetadataValue.dagster_run(chunk["run_id"])
        for chunk in retried[:MAX_LINKED_RUNS]
        if chunk["run_id"]
    }


def load_metadata(loaded: LoadResult) -> Metadata:
    merged = loaded.merged
    numbers = ("inserted", "updated", "deleted", "repeated")
    return _work(loaded.rows, loaded.seconds) | {
        "mode": dg.TextMetadataValue(loaded.mode),
        "bytes": dg.IntMetadataValue(loaded.bytes),
        **{name: dg.IntMetadataValue(getattr(merged, name)) for name in numbers},
        **_if_any("watermark", str(loaded.watermark or "")),
    }


def _counts(step: str, counts: Mapping[str, Any]) -> Metadata:
    """Return `step/count` for each count; numbers by name are a table."""
    return {
        f"{step}/{name}": _table(value) if isinstance(value, Mapping) else dg.IntMetadataValue(value)
        for name, value in counts.items()
    }


def _table(numbers: Mapping[str, int]) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord({"name": part, "meaning": summary.label(part), "rows": number})
        for part, number in numbers.items()
    ]
    columns = [dg.TableColumn("name"), dg.TableColumn("meaning"), dg.TableColumn("rows", "int")]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))


def _chunk_table(chunks: list[dict[str, Any]]) -> dg.TableMetadataValue:
    types = {
        "partition key": "string",
        "status": "string",
        "attempts": "int",
        "rows": "int",
        "seconds": "float",
        "run": "string",
    }
    records = [
        dg.TableRecord(
            {
                "partition key": chunk["partition_key"],
                "status": chunk["status"],
                "attempts": chunk["attempts"],
                "rows": chunk["planned"],
                "seconds": chunk["seconds"] and round(chunk["seconds"], 3),
                "run": chunk["run_id"],
            }
        )
        for chunk in chunks
    ]
    columns = [dg.TableColumn(name, type_name) for name, type_name in types.items()]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))


def _if_any(name: str, text: str) -> Metadata:
    return {name: dg.TextMetadataValue(text)} if text else {}


def _work(rows: int, seconds: float) -> Metadata:
    return {
        "dagster/row_count": dg.IntMetadataValue(rows),
        "seconds": dg.FloatMetadataValue(round(seconds, 3)),
        "rows_per_second": dg.FloatMetadataValue(round(rows / seconds, 1) if seconds > 0 else 0.0),
    }
