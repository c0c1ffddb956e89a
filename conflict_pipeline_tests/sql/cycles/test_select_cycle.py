from datetime import UTC, datetime, timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, chunk, cycle

# The ledger's state of a chunk that nobody holds, and where it stands.
STATES = {
    "pending": "pending",
    "running": "stuck",
    "completed": "completed",
    "failed": "failed",
    "skipped": "skipped",
}


def test_there_is_no_row_before_any_plan(scratch: Session) -> None:
    assert scratch.row("cycles/select_cycle") is None


def test_the_newest_cycle_comes_with_the_sums_of_its_chunks(scratch: Session) -> None:
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="superseded"), marked=100)
    newest = cycle(scratch)
    for number, state in enumerate((*STATES, "completed"), start=1):
        counts = dict.fromkeys(("marked", "redetected", "not_redetected", "guarded", "bad_gps"), number)
        chunk(scratch, newest, number, state=state, planned=number, **counts)

    row = scratch.one("cycles/select_cycle")

    assert row.items() >= {"cycle_key": newest["cycle_key"], "state": "open", **WINDOW}.items()
    assert [row[status] for status in ("chunks", "running", *STATES.values())] == [6, 0, 1, 1, 2, 1, 1]
    assert [row[name] for name in ("planned", "marked", "redetected", "bad_gps")] == [21] * 4
    assert row["planned_of_completed"] == 3 + 6


def test_a_cycle_without_chunks_has_sums_of_zero(scratch: Session) -> None:
    cycle(scratch)

    row = scratch.one("cycles/select_cycle")

    assert [row[name] for name in ("chunks", "pending", "planned", "marked", "guarded")] == [0] * 5


def test_its_seconds_end_when_it_is_closed_and_its_age_does_not(scratch: Session) -> None:
    opened_at = datetime.now(UTC) - timedelta(hours=30)
    closed_at = opened_at + timedelta(minutes=1)
    cycle(scratch, state="completed", opened_at=opened_at, closed_at=closed_at)

    row = scratch.one("cycles/select_cycle")

    assert row["seconds"] == 60
    assert 30 * 3600 <= row["age_seconds"] < 31 * 3600
