from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read
from conflict_pipeline_tests.sql.cycles.transactions import own

COUNTS: dict[str, Any] = {
    "marked": 9,
    "redetected": 5,
    "not_redetected": 3,
    "guarded": 1,
    "bad_gps": 2,
    "written": 14,
}


def test_the_chunk_is_completed_with_its_counts(scratch: Session) -> None:
    opened = cycle(scratch)
    other = chunk(scratch, opened, 2)
    row = chunk(scratch, opened, 1, state="processing", attempts=2, started_at="2026-03-02")
    values = {"chunk_id": row["chunk_id"], **COUNTS, "redetected_by_rule": '{"DistanceFlag": 5}'}

    result = scratch.one("cycles/complete_chunk", values)

    completed = {found["chunk_number"]: found for found in read(scratch, "conflict_chunk")}
    assert completed[1]["state"] == "completed"
    assert {name: completed[1][name] for name in COUNTS} == COUNTS
    assert completed[1]["redetected_by_rule"] == {"DistanceFlag": 5}
    seconds = (completed[1]["finished_at"] - completed[1]["started_at"]).total_seconds()
    assert abs(result["seconds"] - seconds) < 0.001
    assert completed[1]["attempts"] == 2
    assert str(completed[1]["update_transaction"]) == own(scratch)
    assert completed[2] == other
