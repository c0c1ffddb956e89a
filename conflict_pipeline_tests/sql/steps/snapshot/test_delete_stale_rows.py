from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read


def test_the_stale_rows_are_taken_out_and_no_other(scratch: Session) -> None:
    for number in (1, 2, 3):
        insert(scratch, "conflictvisitmaps_temp", ID=number)
    scratch.conn.execute("CREATE TEMPORARY TABLE stale_row (row_id numeric) ON COMMIT DROP")
    scratch.conn.execute("INSERT INTO stale_row VALUES (2), (9)")

    scratch.execute("steps/snapshot/delete_stale_rows")

    assert [row["ID"] for row in read(scratch, "conflictvisitmaps_temp")] == [1, 3]
