"""One chunk, regardless of its caller: what is written when it completes, and when it fails."""

from collections.abc import Callable
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import ChunkResult, completed_chunks, process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.one_chunk import chunk_row, flags, key, process
from conflict_pipeline_tests.rows import DAY, SSN, WIDE, change, clear, equal_visits, pair, read

__all__ = ["key", "process"]  # fixtures


def counts(result: ChunkResult) -> dict[str, Any]:
    return result.counts["redetect"].as_json()


def test_a_chunk_is_updated_marked_and_counted(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    result = process(key)

    assert (result.outcome, result.planned, result.attempts) == ("completed", 2, 1)
    assert counts(result).items() >= {"rows": 2, "redetected": 1, "not_redetected": 1}.items()
    assert flags(session) == [("U", None), ("R", 1)]
    assert (chunk_row(session)["state"], chunk_row(session)["run_id"]) == ("completed", "run 1")


def test_the_ledger_tells_the_same_of_completed_chunks(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    result = process(key)

    assert completed_chunks(session, chunk_row(session)["cycle_id"]) == [result]


def test_a_completed_chunk_is_skipped_and_nothing_is_marked(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    process(key)
    before = read(session, "conflictvisitmaps")

    result = process(key)

    assert result.outcome == "skipped"
    assert counts(result)["rows"] == 2  # those of the attempt that completed it
    assert "force" in result.reason
    assert read(session, "conflictvisitmaps") == before
    assert chunk_row(session)["attempts"] == 1


def test_force_computes_a_completed_chunk_again(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    process(key)
    change(session, "conflictvisitmaps", StatusFlag="R", UpdateFlag=None)

    result = process(key, force=True)

    assert (result.outcome, result.attempts) == ("completed", 2)
    assert flags(session) == [("U", None), ("R", 1)]


def test_a_chunk_that_another_session_holds_is_busy(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    with ledger.claimed(session, key), pytest.raises(ChunkBusyError, match=key):
        process(key)

    assert (chunk_row(session)["state"], flags(session)) == ("pending", [("R", None), ("R", None)])


def test_a_chunk_of_an_older_cycle_is_skipped_and_says_why(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    newer = run.plan_cycle(session, WIDE, "run").cycle_key

    result = process(key, force=True)

    assert (result.outcome, result.reason) == ("skipped", f"superseded by cycle {newer}")
    assert flags(session) == [("R", None), ("R", None)]


def test_a_plan_between_claim_and_start_stops_the_chunk(
    database: Postgres, session: Session, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_chunk = ledger.read_chunk

    def read_and_plan(worker: Session, chunk_id: int) -> Chunk:
        chunk = read_chunk(worker, chunk_id)
        monkeypatch.setattr(ledger, "read_chunk", read_chunk)
        run.plan_cycle(session, WIDE, "run")
        return chunk

    monkeypatch.setattr(ledger, "read_chunk", read_and_plan)
    result = process_chunk(lambda: database.session("test"), key, "run 1")

    assert (result.outcome, result.reason[:19]) == ("skipped", "superseded by cycle")
    assert flags(session) == [("R", None), ("R", None)]
    assert [chunk["state"] for chunk in read(session, "conflict_chunk")] == ["skipped", "pending"]


def test_for_an_unknown_key_nothing_is_recorded(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    before = chunk_row(session)

    with pytest.raises(PipelineError, match="There is no chunk unknown"):
        process("unknown")

    assert chunk_row(session) == before


def test_a_chunk_whose_cycle_lacks_its_settings_fails_and_writes_nothing(
    session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    clear(session, "conflict_cycle_input")
    before = read(session, "conflictvisitmaps")

    with pytest.raises(PipelineError, match="exactly one row, it holds 0"):
        process(key)

    assert read(session, "conflictvisitmaps") == before
    assert chunk_row(session)["state"] == "failed"
    assert "exactly one row" in chunk_row(session)["error"]


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_a_row_that_moves_into_another_chunk_is_processed_once(
    session: Session, process: Callable[..., ChunkResult], order: int
) -> None:
    # The row stands at another SSN than its visits have, and gets theirs by the update of its chunk.
    equal_visits(session)
    change(session, "conflictvisitmaps", SSN="900000000")
    pair(session, 2, ConVisitID="unknown")
    plan = run.plan_cycle(session, CycleSettings(1, 1, lookback_years=50), "run")

    results = [process(key) for key in plan.partition_keys[::order]]

    found = [counts(result) for result in results[::order]]
    assert [(count["rows"], count["redetected"]) for count in found] == [(1, 1), (1, 0)]
    assert [(row["SSN"], row["UpdateFlag"]) for row in read(session, "conflictvisitmaps")] == [
        *((SSN, None), (SSN, 1))
    ]
    assert read(session, "conflictvisitmaps")[0]["VisitDate"] == DAY
