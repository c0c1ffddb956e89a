from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row
from conflict_pipeline_tests.sql.loads.slices import insert, values


def slices(session: Session, table_name: str = "visits") -> list[Row]:
    return session.rows("loads/select_slices", {"table_name": table_name})


def test_the_steps_come_in_order_with_what_they_have_loaded(scratch: Session) -> None:
    for number in (10, 2, 1):
        insert(scratch, "visits", number, undated=number == 1)
    scratch.execute("loads/update_slice", {"table_name": "visits", "slice_number": 2, "loaded_rows": 0})

    found = slices(scratch)

    assert [(row["slice_number"], row["loaded_rows"]) for row in found] == [(1, None), (2, 0), (10, None)]
    assert {"table_name": "visits", **found[0]} == {**values("visits", 1, undated=True), "loaded_rows": None}


def test_those_of_other_tables_do_not_come(scratch: Session) -> None:
    insert(scratch, "visits_deleted", 1)

    assert slices(scratch, "visits") == []
