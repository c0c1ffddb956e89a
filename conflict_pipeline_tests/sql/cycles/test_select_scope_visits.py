from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, cycle, insert, pair


def test_both_visits_of_each_row_of_the_scope_are_named(scratch: Session) -> None:
    other = cycle(scratch, cycle_key="c1", state="completed")["cycle_id"]
    mine = cycle(scratch)["cycle_id"]
    pair(scratch, 1)
    pair(scratch, 2, VisitID="v3", ConVisitID=None)
    pair(scratch, 3, VisitID="v5", ConVisitID="v6")
    pair(scratch, 4, VisitID="v7", ConVisitID="v8")
    for number, cycle_id in ((1, mine), (2, mine), (3, other)):
        insert(scratch, "conflict_changed_row", cycle_id=cycle_id, visit_date=DAY, ssn="", row_id=number)

    found = scratch.rows("cycles/select_changed_row_visits", {"cycle_id": mine})

    assert {row["visit_id"] for row in found} == {"v1", "v2", "v3", None}
