from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle


def test_rows_are_summed_over_the_chunks_of_the_cycle_by_rule(scratch: Session) -> None:
    earlier = cycle(scratch, cycle_key="c20260301t000000", state="completed")
    chunk(scratch, earlier, redetected_by_rule='{"DistanceFlag": 100}')
    opened = cycle(scratch)
    chunk(scratch, opened, 1, redetected_by_rule='{"DistanceFlag": 1, "SameSchTimeFlag": 5000000000}')
    chunk(scratch, opened, 2, redetected_by_rule='{"DistanceFlag": 2, "SameSchTimeFlag": 5000000000}')
    chunk(scratch, opened, 3, redetected_by_rule=None)

    rows = scratch.rows("cycles/select_rules", opened)

    found = {row["rule"]: row["rows"] for row in rows}
    assert found == {"DistanceFlag": 3, "SameSchTimeFlag": 10_000_000_000}


def test_a_cycle_without_completed_chunks_has_no_rows(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened)

    assert scratch.rows("cycles/select_rules", opened) == []
