import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


def test_a_chunk_at_work_is_pending_again_and_says_why(scratch: Session) -> None:
    opened = cycle(scratch)
    row = chunk(scratch, opened, 1, state="running", attempts=1, run_id="run 1")
    other = chunk(scratch, opened, 2, state="running")

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "DeadlockDetected"})

    pending, untouched = read(scratch, "conflict_chunk")
    assert (pending["state"], pending["error"]) == ("pending", "DeadlockDetected")
    assert (pending["attempts"], pending["run_id"]) == (1, "run 1")
    assert pending["finished_at"] is not None
    assert untouched == other


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_an_attempt_that_did_not_come_as_far_as_its_mark_is_counted(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state, attempts=1)

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "LockNotAvailable"})

    (pending,) = read(scratch, "conflict_chunk")
    assert (pending["state"], pending["error"], pending["attempts"]) == ("pending", "LockNotAvailable", 2)


@pytest.mark.parametrize("state", ["completed", "skipped"])
def test_a_chunk_that_has_ended_stays_as_it_is(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state)

    scratch.execute("cycles/requeue_chunk", {"chunk_id": row["chunk_id"], "error": "late"})

    assert read(scratch, "conflict_chunk") == [row]
