from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, cycle, insert, read


def test_the_scopes_of_other_cycles_are_forgotten(scratch: Session) -> None:
    old = cycle(scratch, cycle_key="c1", state="completed")["cycle_id"]
    new = cycle(scratch)["cycle_id"]
    for number in (old, new):
        insert(scratch, "conflict_changed_row", cycle_id=number, visit_date=DAY, ssn="", row_id=1)

    scratch.execute("cycles/delete_changed_rows", {"cycle_id": new})

    assert [row["cycle_id"] for row in read(scratch, "conflict_changed_row")] == [new]
