from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read
from conflict_pipeline_tests.sql.cycles.transactions import own


def test_each_start_is_an_attempt_of_a_run(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch))
    values = {"chunk_id": row["chunk_id"], "run_id": "run 2"}

    attempts = [scratch.one("cycles/start_chunk", values)["attempts"] for _ in range(2)]

    (started,) = read(scratch, "conflict_chunk")
    assert attempts == [1, 2]
    assert (started["state"], started["attempts"], started["run_id"]) == ("processing", 2, "run 2")
    assert started["started_at"] is not None
    assert str(started["mark_transaction"]) == own(scratch)


def test_what_an_earlier_attempt_left_is_gone(scratch: Session) -> None:
    counts = dict.fromkeys(("marked", "redetected", "not_redetected", "guarded", "bad_gps"), 1)
    row = chunk(
        scratch,
        cycle(scratch),
        state="failed",
        error="why",
        finished_at="2026-03-02",
        redetected_by_rule="{}",
        update_transaction="5",
        **counts,
    )

    scratch.one("cycles/start_chunk", {"chunk_id": row["chunk_id"], "run_id": "run"})

    (started,) = read(scratch, "conflict_chunk")
    names = ("error", "finished_at", "redetected_by_rule", "update_transaction", *counts)
    assert {name: started[name] for name in names} == dict.fromkeys(names)


def test_other_chunks_stay_as_they_are(scratch: Session) -> None:
    opened = cycle(scratch)
    row, other = (chunk(scratch, opened, number) for number in (1, 2))

    scratch.one("cycles/start_chunk", {"chunk_id": row["chunk_id"], "run_id": "run"})

    assert read(scratch, "conflict_chunk")[1] == other
