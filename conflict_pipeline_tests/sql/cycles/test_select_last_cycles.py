from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle


def test_the_last_cycles_come_newest_first(scratch: Session) -> None:
    for state, number in (("completed", 1), ("superseded", 2), ("open", 3)):
        cycle(scratch, cycle_key=f"c{number}", state=state)

    found = scratch.rows("cycles/select_last_cycles", {"cycles": 2})

    assert [(row["cycle_key"], row["state"]) for row in found] == [("c3", "open"), ("c2", "superseded")]


def test_figures_are_those_of_the_chunks(scratch: Session) -> None:
    opened = cycle(scratch, opened_at="2026-03-02 09:00", closed_at="2026-03-02 09:01", state="completed")
    for number, second in ((1, 0), (2, 5)):
        times = {
            "started_at": f"2026-03-02 09:00:0{second}",
            "finished_at": f"2026-03-02 09:00:{second + 5:02}",
        }
        counts = {"planned": 100, "marked": 90, "redetected": 60, "attempts": number}
        chunk(scratch, opened, number, state="completed", **counts, **times)

    (found,) = scratch.rows("cycles/select_last_cycles", {"cycles": 5})

    assert [found[name] for name in ("chunks", "completed", "planned", "marked", "redetected")] == [
        2,
        2,
        200,
        180,
        120,
    ]
    assert (found["seconds"], found["rows_per_second"], found["repeated_attempts"]) == (60, 20, 1)


def test_without_chunks_there_is_no_rate(scratch: Session) -> None:
    cycle(scratch)

    (found,) = scratch.rows("cycles/select_last_cycles", {"cycles": 5})

    assert (found["rows_per_second"], found["repeated_attempts"], found["planned"]) == (None, 0, 0)
