"""What an operator or a sensor does after a failure."""

import threading

import pytest

from conflict_pipeline.cycles import ledger, locks, recovery, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WIDE, Row, chunk, cycle, pair, read, settings
from conflict_pipeline_tests.small_cycles import in_progress, states, waits_for_a_lock


@pytest.fixture
def opened(session: Session) -> Row:
    """An open cycle without a chunk; the application has been told to wait."""
    settings(session, InProgressFlag=1)
    return cycle(session)


def test_the_chunk_of_a_run_that_died_is_failed_with_the_run_and_the_reason(
    session: Session, opened: Row
) -> None:
    key = chunk(session, opened, state="running", attempts=1, run_id="run 1")["partition_key"]

    recovery.handle_run_failure(session, key, "run 2")

    (found,) = read(session, "conflict_chunk")
    assert (found["state"], found["attempts"], found["run_id"]) == ("failed", 1, "run 2")
    assert found["error"] == "the process that ran it has died"


@pytest.mark.parametrize("state", ["pending", "completed", "failed", "skipped"])
def test_a_chunk_that_is_not_stuck_is_left_as_it_is(session: Session, opened: Row, state: str) -> None:
    before = chunk(session, opened, state=state, run_id="run 1", error="as it was")

    recovery.handle_run_failure(session, before["partition_key"], "run 1")

    assert read(session, "conflict_chunk") == [before]


def test_a_chunk_that_another_session_has_taken_is_left_alone(
    database: Postgres, session: Session, opened: Row
) -> None:
    before = chunk(session, opened, state="running", run_id="run 2")

    with database.session("worker") as worker, ledger.claimed(worker, before["partition_key"]):
        recovery.handle_run_failure(session, before["partition_key"], "run 1")
        assert in_progress(session) == 1

    assert read(session, "conflict_chunk") == [before]


def test_a_key_that_is_no_chunk_is_no_error(session: Session, opened: Row) -> None:
    recovery.handle_run_failure(session, "unknown", "run 1")

    assert in_progress(session) == 2


def test_after_a_failure_before_any_plan_the_application_does_not_wait(session: Session) -> None:
    settings(session, InProgressFlag=1)

    recovery.handle_run_failure(session, None, "run 1")

    assert in_progress(session) == 2


@pytest.mark.parametrize(
    ("chunk_states", "flag"),
    [
        pytest.param(["completed", "pending"], 1, id="one waits"),
        pytest.param(["failed", "running"], 1, id="one is stuck"),
        pytest.param(["failed", "completed"], 2, id="nothing goes on"),
    ],
)
def test_the_application_waits_as_long_as_anything_goes_on(
    session: Session, opened: Row, chunk_states: list[str], flag: int
) -> None:
    for number, state in enumerate(chunk_states, start=1):
        chunk(session, opened, number, state=state)

    recovery.handle_run_failure(session, None, "run 1")

    assert in_progress(session) == flag


def test_the_application_waits_for_a_failed_chunk_that_is_being_done_again(
    database: Postgres, session: Session, opened: Row
) -> None:
    key = chunk(session, opened, state="failed")["partition_key"]

    with database.session("worker") as worker, ledger.claimed(worker, key):
        recovery.handle_run_failure(session, None, "run 1")

    assert in_progress(session) == 1


def test_the_last_stuck_chunk_ends_the_waiting(session: Session, opened: Row) -> None:
    key = chunk(session, opened, state="running")["partition_key"]

    recovery.handle_run_failure(session, key, "run 1")

    assert in_progress(session) == 2


def test_noting_a_failure_again_changes_nothing(session: Session, opened: Row) -> None:
    key = chunk(session, opened, state="running")["partition_key"]
    recovery.handle_run_failure(session, key, "run 1")
    before = read(session, "conflict_chunk")

    recovery.handle_run_failure(session, key, "run 1")

    assert read(session, "conflict_chunk") == before


def test_failed_and_stuck_chunks_can_be_done_again(session: Session, opened: Row) -> None:
    keys = {
        state: chunk(session, opened, number, state=state)["partition_key"]
        for number, state in enumerate(("completed", "failed", "pending", "running", "skipped"), start=1)
    }

    assert recovery.retryable_chunks(session, 24) == [keys["failed"], keys["running"]]


def test_a_failed_chunk_that_is_at_work_again_is_not_done_twice(
    database: Postgres, session: Session, opened: Row
) -> None:
    key = chunk(session, opened, state="failed")["partition_key"]

    with database.session("worker") as worker, ledger.claimed(worker, key):
        assert recovery.retryable_chunks(session, 24) == []


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_of_a_cycle_that_has_ended_nothing_can_be_done_again(session: Session, state: str) -> None:
    chunk(session, cycle(session, state=state), state="failed")

    assert recovery.retryable_chunks(session, 24) == []


def test_a_cycle_too_old_to_be_resumed_says_so_and_what_to_run(session: Session, opened: Row) -> None:
    chunk(session, opened, state="failed")
    age(session, hours=3)

    with pytest.raises(PipelineError) as error:
        recovery.retryable_chunks(session, 2.5)

    assert str(error.value) == (
        f"Cycle {opened['cycle_key']} is older than RESUME_MAX_AGE_HOURS (2.5). "
        "Run the job conflict_report, which starts a new cycle."
    )


def test_before_any_plan_a_retry_says_what_to_run(session: Session) -> None:
    with pytest.raises(PipelineError, match="No cycle has been planned yet"):
        recovery.retryable_chunks(session, 24)


def test_a_cancelled_cycle_skips_what_is_undone_with_the_reason(session: Session, opened: Row) -> None:
    for number, state in enumerate(("completed", "pending", "failed", "running"), start=1):
        chunk(session, opened, number, state=state)

    cancelled = recovery.cancel(session)

    assert cancelled is not None
    assert cancelled.cycle_key == opened["cycle_key"]
    assert ledger.require_cycle(session).state == "superseded"
    assert states(session) == ["completed", "skipped", "skipped", "skipped"]
    assert [row["error"] for row in read(session, "conflict_chunk")] == [None, *["cancelled"] * 3]
    assert in_progress(session) == 2


def test_a_chunk_of_a_cancelled_cycle_is_not_done(database: Postgres, session: Session) -> None:
    settings(session)
    before = pair(session)
    (key,) = run.plan_cycle(session, WIDE, "run").partition_keys
    recovery.cancel(session)

    result = process_chunk(lambda: database.session("test"), key, "run")

    assert (result.outcome, result.reason) == ("skipped", "its cycle was cancelled")
    assert read(session, "conflictvisitmaps") == [before]


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_there_is_nothing_to_cancel_in_a_cycle_that_has_ended(session: Session, state: str) -> None:
    settings(session, InProgressFlag=1)
    chunk(session, cycle(session, state=state))

    assert recovery.cancel(session) is None
    assert states(session) == ["pending"]
    assert in_progress(session) == 1


def test_there_is_nothing_to_cancel_before_any_plan(session: Session) -> None:
    assert recovery.cancel(session) is None


def test_cancelling_waits_for_what_is_being_written(
    database: Postgres, session: Session, opened: Row
) -> None:
    chunk(session, opened, state="running")

    def cancel() -> None:
        with database.session("cancel") as other:
            recovery.cancel(other)

    thread = threading.Thread(target=cancel)
    with database.session("worker") as worker, locks.work_transaction(worker):
        thread.start()
        while not waits_for_a_lock(session, "cancel"):
            assert thread.is_alive()
        meanwhile = states(session)
    thread.join()

    assert (meanwhile, states(session)) == (["running"], ["skipped"])


def age(session: Session, *, hours: int) -> None:
    session.conn.execute(
        "UPDATE conflict.conflict_cycle SET opened_at = opened_at - make_interval(hours => %s)", [hours]
    )
