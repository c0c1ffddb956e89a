from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import redetect
from conflict_pipeline_tests.rows import WINDOW, Row, equal_visits, pair, read
from conflict_pipeline_tests.sql.steps.redetect.steps import take_every_row


def new_values(session: Session) -> dict[int, Row]:
    """By the row's ID."""
    take_every_row(session)
    session.execute("steps/redetect/create_visits", WINDOW)
    session.execute("steps/redetect/create_pairs")
    rows = session.conn.execute(redetect.update_parts(session)["new_values"]).fetchall()
    return {int(row["row_id"]): row for row in rows}


def test_each_value_is_named_after_its_column(scratch: Session) -> None:
    equal_visits(scratch)

    (found,) = new_values(scratch).values()

    columns = set(read(scratch, "conflictvisitmaps")[0])
    assert set(found) - columns == {"row_id"}
    # Of the 201 columns eight may keep what a row has: update_rows.sql sees to them.
    assert not {*RULE_COLUMNS, "StatusFlag"} & set(found)
    assert len(found) - 1 == 201 - 8
    assert (found["VisitID"], found["ConVisitID"]) == ("v1", "v2")
    assert (found["UpdateFlag"], found["ResolveDate"], found["PName"]) == (None, None, None)


def test_the_row_is_not_written(scratch: Session) -> None:
    equal_visits(scratch)
    before = read(scratch, "conflictvisitmaps")

    new_values(scratch)

    assert read(scratch, "conflictvisitmaps") == before


def test_rows_that_are_not_detected_have_none(scratch: Session) -> None:
    equal_visits(scratch)
    pair(scratch, 2, ConVisitID="unknown")

    assert set(new_values(scratch)) == {1}
