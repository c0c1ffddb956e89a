from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert
from conflict_pipeline_tests.sql.report.prepared import prepare


def test_the_row_has_its_own_status_not_that_of_its_parent(scratch: Session) -> None:
    insert(scratch, "conflictvisitmaps_temp", ID=1, ConStatusFlag="R", StatusFlag="U")
    insert(scratch, "conflictvisitmaps_temp", ID=2, ConStatusFlag=None, StatusFlag="U")
    prepare(scratch)

    rows = scratch.conn.execute("SELECT * FROM report_before ORDER BY row_id").fetchall()

    assert [tuple(row.values()) for row in rows] == [(1, "R"), (2, None)]
