"""Whole tables and counts, to be compared."""

from typing import Any

from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres


def conflict_rows(database: Postgres) -> dict[int, dict[str, Any]]:
    """conflictvisitmaps by ID, as text, without the time of the update."""
    with database.session("compare") as session:
        rows = session.conn.execute(
            """SELECT "ID" AS id, to_jsonb(cvm) - 'UpdatedDate' AS row
            FROM conflict.conflictvisitmaps AS cvm"""
        ).fetchall()
    return {row["id"]: row["row"] for row in rows}


def redetect_counts(cycle: Cycle) -> dict[str, Any]:
    """The counts of step redetect that the sample determines: all but the rows written."""
    counts: dict[str, Any] = cycle.counts["redetect"]
    return {name: count for name, count in counts.items() if name not in ("written", "marked")}


def expected_redetect_counts(counts: SampleCounts) -> dict[str, Any]:
    """What a full cycle must find in the sample."""
    return {
        "rows": counts.eligible,
        "redetected": counts.redetected,
        "not_redetected": counts.not_redetected,
        "guarded": counts.guarded,
        "changed_meanwhile": 0,
        "bad_times": 0,
        "bad_gps": counts.bad_gps,
        "redetected_by_rule": counts.redetected_by_rule,
    }
