import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.slices import insert, loaded_rows


@pytest.mark.parametrize("rows", [0, 7, 2**40])
def test_only_that_step_is_done(scratch: Session, rows: int) -> None:
    for name, number in (("visits", 1), ("visits", 2), ("deleted", 1)):
        insert(scratch, name, number)

    values = {"table_name": "visits", "slice_number": 1, "loaded_rows": rows}

    assert scratch.execute("loads/update_slice", values).rowcount == 1
    assert loaded_rows(scratch) == {("deleted", 1): None, ("visits", 1): rows, ("visits", 2): None}


def test_a_step_that_nobody_planned_is_not_done(scratch: Session) -> None:
    insert(scratch, "visits", 1)
    values = {"table_name": "visits", "slice_number": 2, "loaded_rows": 1}

    assert scratch.execute("loads/update_slice", values).rowcount == 0
