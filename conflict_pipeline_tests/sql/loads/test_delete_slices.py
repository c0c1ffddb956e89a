from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.slices import insert, loaded_rows


def test_the_steps_of_that_table_are_forgotten_done_or_not(scratch: Session) -> None:
    for name, number in (("visits", 1), ("visits", 2), ("deleted", 1)):
        insert(scratch, name, number)
    scratch.execute("loads/update_slice", {"table_name": "visits", "slice_number": 1, "loaded_rows": 3})

    assert scratch.execute("loads/delete_slices", {"table_name": "visits"}).rowcount == 2
    assert loaded_rows(scratch) == {("deleted", 1): None}


def test_without_steps_there_is_nothing_to_forget(scratch: Session) -> None:
    assert scratch.execute("loads/delete_slices", {"table_name": "visits"}).rowcount == 0
