import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, change, equal_visits, pair, read
from conflict_pipeline_tests.sql.steps.redetect.steps import take_every_row


def mark(session: Session) -> int:
    """Marks after the pairs of every row have been found; returns how many rows it wrote."""
    take_every_row(session)
    session.execute("steps/redetect/create_visits", WINDOW)
    session.execute("steps/redetect/create_pairs")
    return session.execute("steps/redetect/mark_undetected_rows").rowcount


def flags(session: Session) -> dict[int, int | None]:
    return {int(row["ID"]): row["UpdateFlag"] for row in read(session, "conflictvisitmaps")}


def test_only_what_is_not_detected_again_is_marked(scratch: Session) -> None:
    equal_visits(scratch)
    pair(scratch, 2, ConVisitID="unknown")

    assert mark(scratch) == 1
    assert flags(scratch) == {1: None, 2: 1}


@pytest.mark.parametrize("guard", ["InserviceStartDate", "ConPTOEndDate"])
def test_a_detected_row_that_must_not_be_updated_is_marked(scratch: Session, guard: str) -> None:
    equal_visits(scratch)
    pair(scratch, 2, **{guard: "2026-03-02"})

    assert mark(scratch) == 1
    assert flags(scratch) == {1: None, 2: 1}


def test_a_row_that_bears_the_mark_is_not_written(scratch: Session) -> None:
    pair(scratch, 1, ConVisitID="unknown", UpdateFlag=1)
    pair(scratch, 2, ConVisitID="unknown", UpdateFlag=0)

    assert mark(scratch) == 1
    assert flags(scratch) == {1: 1, 2: 1}


def test_a_row_of_another_chunk_is_not_marked(scratch: Session) -> None:
    equal_visits(scratch)
    take_every_row(scratch)
    pair(scratch, 2, ConVisitID="unknown")
    scratch.execute("steps/redetect/create_visits", WINDOW)
    scratch.execute("steps/redetect/create_pairs")

    assert scratch.execute("steps/redetect/mark_undetected_rows").rowcount == 0


@pytest.mark.parametrize("column", ["VisitID", "ConVisitID"])
@pytest.mark.parametrize("name", ["v9", None])
def test_a_row_that_has_got_other_visits_since_is_not_marked(
    scratch: Session, column: str, name: str | None
) -> None:
    pair(scratch)
    take_every_row(scratch)
    change(scratch, "conflictvisitmaps", **{column: name})
    scratch.execute("steps/redetect/create_visits", WINDOW)
    scratch.execute("steps/redetect/create_pairs")

    assert scratch.execute("steps/redetect/mark_undetected_rows").rowcount == 0


def test_a_row_without_visits_is(scratch: Session) -> None:
    pair(scratch, VisitID=None, ConVisitID=None)

    assert mark(scratch) == 1
