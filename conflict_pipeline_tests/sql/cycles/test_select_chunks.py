from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, chunk, cycle


def test_the_chunks_of_the_cycle_come_in_their_order(scratch: Session) -> None:
    opened = cycle(scratch)
    for number in (10, 2, 1):
        chunk(scratch, opened, number, planned=number)
    chunk(scratch, cycle(scratch, cycle_key="c20260301t000000", state="completed"))

    rows = scratch.rows("cycles/select_chunks", opened)

    assert [row["planned"] for row in rows] == [1, 2, 10]


def test_no_boundary_is_shown(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, from_ssn=SSN, to_ssn="900000002")

    (row,) = scratch.rows("cycles/select_chunks", opened)

    assert not {"from_ssn", "to_ssn", "from_date", "to_date"} & row.keys()
    assert SSN not in str(row)


def test_seconds_are_those_of_the_attempt(scratch: Session) -> None:
    opened = cycle(scratch)
    chunk(scratch, opened, 1, started_at="2026-03-02 09:00", finished_at="2026-03-02 09:00:01.5")
    chunk(scratch, opened, 2, started_at="2026-03-02 09:00")

    assert [row["seconds"] for row in scratch.rows("cycles/select_chunks", opened)] == [1.5, None]
