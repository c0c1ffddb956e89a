from datetime import date, timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, cycle, insert

NEXT_DAY = DAY + timedelta(days=1)


def keys(session: Session, cycle_id: int) -> list[tuple[date, str, int]]:
    rows = session.rows("cycles/select_changed_row_keys", {"cycle_id": cycle_id})
    return [(row["visit_date"], row["ssn"], row["rows"]) for row in rows]


def test_the_rows_of_a_scope_are_counted_by_date_and_ssn_in_chunk_order(scratch: Session) -> None:
    other = cycle(scratch, cycle_key="c1", state="completed")["cycle_id"]
    mine = cycle(scratch)["cycle_id"]
    places = [(NEXT_DAY, SSN), (DAY, "b"), (DAY, "B"), (DAY, SSN), (DAY, SSN), (DAY, "")]
    for number, (day, ssn) in enumerate(places):
        insert(scratch, "conflict_changed_row", cycle_id=mine, visit_date=day, ssn=ssn, row_id=number)
    insert(scratch, "conflict_changed_row", cycle_id=other, visit_date=DAY, ssn="other", row_id=1)

    assert keys(scratch, mine) == [
        (DAY, "", 1),
        (DAY, SSN, 2),
        (DAY, "B", 1),
        (DAY, "b", 1),
        (NEXT_DAY, SSN, 1),
    ]
