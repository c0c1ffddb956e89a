from conflict_pipeline import task_02
from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.rows import WINDOW, Row, equal_visits, pair, read
from conflict_pipeline_tests.sql.task_02.steps import take_every_row


def new_values(session: Session) -> dict[int, Row]:
    """By the row's ID."""
    take_every_row(session)
    session.execute("task_02/create_visits", WINDOW)
    session.execute("task_02/create_pairs")
    values = task_02._visit_values(session)
    rows = session.rows("task_02/select_new_values", visit_values=values)
    return {int(row["row_id"]): row for row in rows}


def test_each_value_is_named_after_its_column(scratch: Session) -> None:
    equal_visits(scratch)

    (found,) = new_values(scratch).values()

    columns = set(read(scratch, "conflictvisitmaps")[0])
    assert set(found) - columns == {"row_id"}
    assert len(found) - 1 == 201
    assert (found["VisitID"], found["ConVisitID"]) == ("v1", "v2")
    assert (found["UpdateFlag"], found["ResolveDate"], found["PName"]) == (None, None, None)


def test_the_row_is_not_written(scratch: Session) -> None:
    equal_visits(scratch)
    before = read(scratch, "conflictvisitmaps")

    new_values(scratch)

    assert read(scratch, "conflictvisitmaps") == before


def test_rows_that_must_not_be_updated_or_are_not_detected_have_none(scratch: Session) -> None:
    equal_visits(scratch)
    pair(scratch, 2, PTOStartDate="2026-03-02")
    pair(scratch, 3, ConVisitID="unknown")

    assert set(new_values(scratch)) == {1}


def test_what_a_row_has_decides_on_status_and_rules(scratch: Session) -> None:
    equal_visits(scratch)
    pair(scratch, 2, StatusFlag="W", SameVisitTimeFlag="Y", SameSchTimeFlag=None)
    before = {int(row["ID"]): row for row in read(scratch, "conflictvisitmaps")}

    found = new_values(scratch)

    assert found[1]["StatusFlag"] == "U"
    assert found[2]["StatusFlag"] == "W"
    assert (found[2]["SameVisitTimeFlag"], found[2]["SameSchTimeFlag"]) == ("Y", None)
    assert before[2]["StatusFlag"] == "W"
