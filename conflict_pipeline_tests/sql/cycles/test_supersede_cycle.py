import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import cycle, read


def test_the_open_cycle_ends(scratch: Session) -> None:
    opened = cycle(scratch)

    superseded = scratch.one("cycles/supersede_cycle")

    (row,) = read(scratch, "conflict_cycle")
    assert superseded == {"cycle_id": opened["cycle_id"], "cycle_key": opened["cycle_key"]}
    assert row["state"] == "superseded"
    assert row["closed_at"] is not None


@pytest.mark.parametrize("state", ["completed", "superseded"])
def test_a_cycle_that_has_ended_stays_as_it_is(scratch: Session, state: str) -> None:
    ended = cycle(scratch, state=state)

    assert scratch.row("cycles/supersede_cycle") is None
    assert read(scratch, "conflict_cycle") == [ended]
