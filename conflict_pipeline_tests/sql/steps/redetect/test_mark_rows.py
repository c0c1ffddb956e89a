import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, pair, read
from conflict_pipeline_tests.sql.steps.redetect.steps import take_every_row


def test_rows_of_the_chunk_get_the_mark_and_no_others(scratch: Session) -> None:
    for number, flag in ((1, None), (2, 0), (3, 1)):
        pair(scratch, number, UpdateFlag=flag)
    take_every_row(scratch)
    pair(scratch, 4, UpdateFlag=None)

    scratch.execute("steps/redetect/mark_rows")

    flags = {int(row["ID"]): row["UpdateFlag"] for row in read(scratch, "conflictvisitmaps")}
    assert flags == {1: 1, 2: 1, 3: 1, 4: None}


def test_rows_that_bear_the_mark_are_not_rewritten(scratch: Session) -> None:
    pair(scratch, 1, UpdateFlag=1)
    pair(scratch, 2)
    take_every_row(scratch)

    assert scratch.execute("steps/redetect/mark_rows").rowcount == 1


def test_nothing_but_the_mark_changes(scratch: Session) -> None:
    before = pair(scratch, UpdateFlag=None, InserviceStartDate="2026-03-02", StatusFlag="W", SSN=None)
    take_every_row(scratch)

    scratch.execute("steps/redetect/mark_rows")

    assert read(scratch, "conflictvisitmaps") == [{**before, "UpdateFlag": 1}]


def test_a_chunk_without_rows_marks_nothing(scratch: Session) -> None:
    take_every_row(scratch)
    pair(scratch)

    scratch.execute("steps/redetect/mark_rows")

    change(scratch, "conflictvisitmaps", SSN=None)
    assert read(scratch, "conflictvisitmaps")[0]["UpdateFlag"] is None


@pytest.mark.parametrize("column", ["VisitID", "ConVisitID"])
@pytest.mark.parametrize("name", ["v9", None])
def test_a_row_that_has_got_other_visits_since_is_not_marked(
    scratch: Session, column: str, name: str | None
) -> None:
    pair(scratch)
    take_every_row(scratch)
    change(scratch, "conflictvisitmaps", **{column: name})

    assert scratch.execute("steps/redetect/mark_rows").rowcount == 0


def test_a_row_without_visits_is(scratch: Session) -> None:
    pair(scratch, VisitID=None, ConVisitID=None)
    take_every_row(scratch)

    assert scratch.execute("steps/redetect/mark_rows").rowcount == 1
