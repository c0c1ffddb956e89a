"""What was done, as metadata of materializations. Counts only, never a value."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.loads.load import LoadResult
from conflict_pipeline.model import MOST_LINKED_RUNS, RULE_COLUMNS, Cycle, Plan
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.snapshot import ReminderCounts, Snapshot

# Chunks that the table of a cycle has: a cycle may have thousands.
MOST_CHUNKS = 300

Metadata = dict[str, dg.MetadataValue[Any]]


def reminders_metadata(counts: ReminderCounts) -> Metadata:
    return {
        "inserted": dg.IntMetadataValue(counts.inserted),
        "refreshed": dg.IntMetadataValue(counts.refreshed),
    }


def snapshot_metadata(snapshot: Snapshot) -> Metadata:
    return _work(snapshot.rows, snapshot.seconds) | {"window": dg.TextMetadataValue(str(snapshot.window))}


def plan_metadata(plan: Plan) -> Metadata:
    return {
        "dagster/row_count": dg.IntMetadataValue(plan.rows),
        "cycle": dg.TextMetadataValue(plan.cycle_key),
        **_if_any("superseded_cycle", plan.superseded or ""),
        "scope": dg.TextMetadataValue(plan.scope_text),
        "window": dg.TextMetadataValue(str(plan.window)),
        "chunks": dg.IntMetadataValue(len(plan.partition_keys)),
        "keys": dg.IntMetadataValue(plan.keys),
        "largest_chunk": dg.IntMetadataValue(plan.largest_chunk),
        **_if_any("oversized_chunks", ", ".join(plan.oversized_chunks)),
        "seconds": dg.FloatMetadataValue(round(plan.seconds, 3)),
    }


def chunk_metadata(result: ChunkResult) -> Metadata:
    """Of a completed chunk."""
    counts = result.counts
    assert counts is not None
    numbers = ("marked", "redetected", "not_redetected", "guarded", "bad_gps", "written")
    return _work(counts.marked, result.seconds) | {
        "planned": dg.IntMetadataValue(result.planned),
        **{name: dg.IntMetadataValue(getattr(counts, name)) for name in numbers},
        "attempts": dg.IntMetadataValue(result.attempts),
        "rules": _rules_table(counts.redetected_by_rule),
    }


def cycle_metadata(session: Session, cycle: Cycle) -> Metadata:
    """Of a finished cycle: what plots over time, and its chunks, those first that took most attempts.

    A chunk that was tried again is linked to the run that did it in the end.
    """
    chunks = sorted(ledger.chunks(session, cycle.cycle_id), key=lambda chunk: -chunk["attempts"])
    again = [chunk for chunk in chunks if chunk["attempts"] > 1]
    numbers = ("chunks", "planned", "marked", "redetected", "not_redetected", "guarded", "bad_gps", "written")
    rate = cycle.rows_per_second
    return {
        "dagster/row_count": dg.IntMetadataValue(cycle.marked),
        "seconds_since_plan": dg.FloatMetadataValue(round(cycle.seconds, 3)),
        **({} if rate is None else {"rows_per_second": dg.FloatMetadataValue(round(rate, 1))}),
        "cycle": dg.TextMetadataValue(cycle.cycle_key),
        **{name: dg.IntMetadataValue(getattr(cycle, name)) for name in numbers},
        "redetected_share": dg.FloatMetadataValue(round(cycle.redetected / max(cycle.marked, 1), 4)),
        "repeated_attempts": dg.IntMetadataValue(sum(chunk["attempts"] - 1 for chunk in again)),
        "rules": _rules_table(ledger.rules(session, cycle.cycle_id)),
        "chunk_table": _chunk_table(chunks[:MOST_CHUNKS]),
        **{
            f"run of {chunk['partition_key']}": dg.MetadataValue.dagster_run(chunk["run_id"])
            for chunk in again[:MOST_LINKED_RUNS]
            if chunk["run_id"]
        },
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


def _chunk_table(chunks: list[dict[str, Any]]) -> dg.TableMetadataValue:
    types = {
        "partition key": "string",
        "state": "string",
        "attempts": "int",
        "rows": "int",
        "seconds": "float",
    }
    records = [
        dg.TableRecord(
            {
                "partition key": chunk["partition_key"],
                "state": chunk["status"],
                "attempts": chunk["attempts"],
                "rows": chunk["marked"],
                "seconds": chunk["seconds"] and round(chunk["seconds"], 3),
                "run": chunk["run_id"],
            }
        )
        for chunk in chunks
    ]
    columns = [dg.TableColumn(name, type_name) for name, type_name in {**types, "run": "string"}.items()]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))


def _if_any(name: str, text: str) -> Metadata:
    return {name: dg.TextMetadataValue(text)} if text else {}


def _work(rows: int, seconds: float) -> Metadata:
    return {
        "dagster/row_count": dg.IntMetadataValue(rows),
        "seconds": dg.FloatMetadataValue(round(seconds, 3)),
        "rows_per_second": dg.FloatMetadataValue(round(rows / seconds, 1) if seconds > 0 else 0.0),
    }


def _rules_table(by_rule: Mapping[str, int]) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord({"rule": rule, "holds when": text, "rows": by_rule.get(rule, 0)})
        for rule, text in RULE_COLUMNS.items()
    ]
    columns = [dg.TableColumn("rule"), dg.TableColumn("holds when"), dg.TableColumn("rows", "int")]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))
