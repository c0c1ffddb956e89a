import pytest

from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.measurement import Outcome
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, clear, pair


@pytest.fixture
def before(database: Postgres, session: Session) -> Outcome:
    """Of two rows."""
    pair(session, 1)
    pair(session, 2)
    return outcome.read(database)


def test_when_a_row_was_updated_is_no_difference(
    database: Postgres, session: Session, before: Outcome
) -> None:
    change(session, "conflictvisitmaps", UpdatedDate="2026-03-02")

    outcome.require_equal("plain", outcome.read(database), before, with_marks=True)


def test_a_mark_is_a_difference_where_marks_count(
    database: Postgres, session: Session, before: Outcome
) -> None:
    change(session, "conflictvisitmaps", UpdateFlag=1)
    after = outcome.read(database)

    outcome.require_equal("plain", after, before, with_marks=False)
    with pytest.raises(PipelineError, match="Candidate plain leaves another conflictvisitmaps"):
        outcome.require_equal("plain", after, before, with_marks=True)


@pytest.mark.parametrize("with_marks", [True, False])
@pytest.mark.parametrize("change_row", ['SET "PName" = 1 WHERE "ID" = 2', 'SET "CONFLICTID" = NULL'])
def test_any_other_value_is_a_difference(
    database: Postgres, session: Session, before: Outcome, change_row: str, *, with_marks: bool
) -> None:
    session.conn.execute(f"UPDATE conflict.conflictvisitmaps {change_row}".encode())

    with pytest.raises(PipelineError, match="plain"):
        outcome.require_equal("plain", outcome.read(database), before, with_marks=with_marks)


def test_a_missing_row_is_a_difference(database: Postgres, session: Session, before: Outcome) -> None:
    clear(session, "conflictvisitmaps")

    with pytest.raises(PipelineError, match="0 and 2 rows"):
        outcome.require_equal("plain", outcome.read(database), before, with_marks=False)
