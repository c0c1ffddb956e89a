from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, chunk, cycle


def test_a_chunk_comes_with_its_cycle_and_the_newest_cycle(scratch: Session) -> None:
    earlier = cycle(scratch, cycle_key="c20260301t000000", state="superseded")
    row = chunk(scratch, earlier, from_ssn="900000001", state="skipped", attempts=3, planned=4)
    newest = cycle(scratch)
    chunk(scratch, newest)

    found = scratch.one("cycles/select_chunk", {"chunk_id": row["chunk_id"]})

    same = ("chunk_id", "partition_key", "from_date", "from_ssn", "to_date", "to_ssn", "planned", "attempts")
    assert {name: found[name] for name in same} == {name: row[name] for name in same}
    assert {name: found[name] for name in WINDOW} == WINDOW
    assert (found["state"], found["cycle_state"]) == ("skipped", "superseded")
    assert (found["cycle_key"], found["newest_cycle_key"]) == (earlier["cycle_key"], newest["cycle_key"])


def test_there_is_no_row_for_an_unknown_chunk(scratch: Session) -> None:
    assert scratch.row("cycles/select_chunk", {"chunk_id": 0}) is None
