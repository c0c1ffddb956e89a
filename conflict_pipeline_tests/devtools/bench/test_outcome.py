"""Only what a candidate should write makes two outcomes equal."""

import pytest
from psycopg import sql

from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.outcome import Outcome
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, clear, pair


def refuses(found: Outcome, expected: Outcome, *, with_marks: bool = True) -> bool:
    try:
        outcome.require_equal("plain", found, expected, with_marks=with_marks)
    except PipelineError:
        return True
    return False


def test_every_value_counts_but_the_time_of_the_update_and_on_demand_the_mark(
    database: Postgres, session: Session
) -> None:
    pair(session, 1)
    pair(session, 2)
    before = outcome.read(database)

    change(session, "conflictvisitmaps", UpdatedDate="2026-03-02")
    assert not refuses(outcome.read(database), before)

    change(session, "conflictvisitmaps", UpdateFlag=1)
    marked = outcome.read(database)
    assert refuses(marked, before)
    assert not refuses(marked, before, with_marks=False)

    session.conn.execute("""UPDATE conflict.conflictvisitmaps SET "PName" = '' WHERE "ID" = 2""")
    assert refuses(outcome.read(database), marked)
    assert refuses(outcome.read(database), marked, with_marks=False)

    clear(session, "conflictvisitmaps")
    with pytest.raises(PipelineError, match="0 and 2 rows"):
        outcome.require_equal("plain", outcome.read(database), before, with_marks=False)


def test_the_order_of_the_rows_does_not_count(scratch: Session) -> None:
    columns = sql.SQL('"ID", "SSN", "StatusFlag"')
    found = []
    for numbers in ((1, 2, 3), (3, 1, 2)):
        clear(scratch, "conflictvisitmaps")
        for number in numbers:
            pair(scratch, number)
        found.append(scratch.one("bench/select_outcome", columns=columns))

    assert found[0] == found[1]
    assert found[0]["rows"] == 3
