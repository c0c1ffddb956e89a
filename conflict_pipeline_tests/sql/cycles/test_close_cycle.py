import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


def test_a_cycle_whose_chunks_are_all_completed_is_completed(scratch: Session) -> None:
    opened = cycle(scratch)
    for number in (1, 2):
        chunk(scratch, opened, number, state="completed")

    closed = scratch.one("cycles/close_cycle", opened)

    (row,) = read(scratch, "conflict_cycle")
    assert closed == {"cycle_key": opened["cycle_key"]}
    assert row["state"] == "completed"
    assert row["closed_at"] >= row["opened_at"]


def test_a_cycle_without_chunks_is_completed(scratch: Session) -> None:
    assert scratch.row("cycles/close_cycle", cycle(scratch)) is not None


@pytest.mark.parametrize("state", ["pending", "running", "failed", "skipped"])
def test_a_cycle_with_a_chunk_to_do_stays_open(scratch: Session, state: str) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, state="completed")
    chunk(scratch, opened, 2, state=state)

    assert scratch.row("cycles/close_cycle", opened) is None
    assert read(scratch, "conflict_cycle")[0]["state"] == "open"


@pytest.mark.parametrize("state", ["superseded", "completed"])
def test_a_cycle_that_has_ended_stays_as_it_is(scratch: Session, state: str) -> None:
    ended = cycle(scratch, state=state)

    assert scratch.row("cycles/close_cycle", ended) is None
    assert read(scratch, "conflict_cycle") == [ended]


def test_chunks_of_other_cycles_do_not_count(scratch: Session) -> None:
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="superseded"), state="skipped")

    assert scratch.row("cycles/close_cycle", cycle(scratch)) is not None
