import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


@pytest.mark.parametrize(("state", "attempts"), [("pending", 2), ("running", 1), ("failed", 2)])
def test_the_chunk_is_failed_says_why_and_in_which_run_and_counts_the_attempt_once(
    scratch: Session, state: str, attempts: int
) -> None:
    row = chunk(scratch, cycle(scratch), state=state, attempts=1)
    values = {"chunk_id": row["chunk_id"], "run_id": "run 2", "error": "DeadlockDetected"}

    scratch.execute("cycles/fail_chunk", values)

    (failed,) = read(scratch, "conflict_chunk")
    assert [failed[name] for name in ("state", "run_id", "error")] == ["failed", "run 2", "DeadlockDetected"]
    assert failed["finished_at"] is not None
    assert failed["attempts"] == attempts


@pytest.mark.parametrize("state", ["completed", "skipped"])
def test_a_chunk_that_has_ended_otherwise_stays_so(scratch: Session, state: str) -> None:
    row = chunk(scratch, cycle(scratch), state=state, error="superseded")

    scratch.execute("cycles/fail_chunk", {"chunk_id": row["chunk_id"], "run_id": "run", "error": "late"})

    assert read(scratch, "conflict_chunk") == [row]


def test_other_chunks_stay_as_they_are(scratch: Session) -> None:
    opened = cycle(scratch)
    row, other = (chunk(scratch, opened, number) for number in (1, 2))

    scratch.execute("cycles/fail_chunk", {"chunk_id": row["chunk_id"], "run_id": "run", "error": "why"})

    assert read(scratch, "conflict_chunk")[1] == other
