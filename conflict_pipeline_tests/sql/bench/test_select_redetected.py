from datetime import timedelta

from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, pair


def test_eligible_rows_without_the_mark_are_those_that_were_detected_again(scratch: Session) -> None:
    pair(scratch, 1, UpdateFlag=None)
    pair(scratch, 2, UpdateFlag=1)
    pair(scratch, 3, UpdateFlag=None, CONFLICTID=None)
    pair(scratch, 4, UpdateFlag=None, VisitDate=WINDOW["window_start"])
    pair(scratch, 5, UpdateFlag=None, VisitDate=WINDOW["window_start"] - timedelta(days=1))

    rows = scratch.rows("bench/select_redetected", WINDOW, columns=sql.SQL('"ID"'))

    assert sorted(int(row["ID"]) for row in rows) == [1, 4]
