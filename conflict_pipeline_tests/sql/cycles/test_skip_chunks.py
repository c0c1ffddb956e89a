from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read

STATES = ("pending", "running", "completed", "failed", "skipped")
REASON = "superseded by a newer plan"


def test_all_but_completed_chunks_of_the_cycle_are_skipped_and_say_why(scratch: Session) -> None:
    opened = cycle(scratch)
    for number, state in enumerate(STATES, start=1):
        chunk(scratch, opened, number, state=state)

    scratch.execute("cycles/skip_chunks", {**opened, "reason": REASON})

    rows = read(scratch, "conflict_chunk")
    assert [row["state"] for row in rows] == ["skipped", "skipped", "completed", "skipped", "skipped"]
    assert [row["error"] for row in rows if row["state"] == "skipped"] == [REASON] * 4
    assert rows[2]["error"] is None


def test_chunks_of_other_cycles_stay(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))

    scratch.execute("cycles/skip_chunks", {**cycle(scratch), "reason": REASON})

    assert read(scratch, "conflict_chunk") == [row]
