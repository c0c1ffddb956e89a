import pytest

from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


def test_a_chunk_at_work_is_pending_again_and_says_why(scratch: Session) -> None:
    opened = cycle(scratch)
    row = chunk(scratch, opened, 1, state="processing", attempts=1, run_id="run 1")
    other = chunk(scratch, opened, 2, state="processing")

    scratch.execute("ledger/retry_chunk", {"chunk_id": row["chunk_id"], "error": "DeadlockDetected"})

    pending, untouched = read(scratch, "conflict_chunk")
    assert (pending["state"], pending["error"]) == ("pending", "DeadlockDetected")
    assert (pending["attempts"], pending["run_id"]) == (1, "run 1")
    assert pending["finished_at"] is not None
    assert untouched == other


@pytest.mark.parametrize("state", ["pending", "completed", "failed", "skipped"])
def test_any_other_chunk_stays_as_it_is(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state)

    scratch.execute("ledger/retry_chunk", {"chunk_id": row["chunk_id"], "error": "late"})

    assert read(scratch, "conflict_chunk") == [row]
