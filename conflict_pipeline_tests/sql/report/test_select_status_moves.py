from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, pair
from conflict_pipeline_tests.sql.report.prepared import figure


def test_rows_are_counted_by_what_they_were_and_are(scratch: Session) -> None:
    moves = [("R", "U", None), ("R", "U", None), ("R", "R", 1), (None, None, 1), ("U", "U", None)]
    for number, (before, now, flag) in enumerate(moves, start=1):
        insert(scratch, "conflictvisitmaps_temp", ID=number, ConStatusFlag=before, StatusFlag="N")
        pair(scratch, number, StatusFlag=now, UpdateFlag=flag)
    pair(scratch, 9)
    insert(scratch, "conflictvisitmaps_temp", ID=10, ConStatusFlag="U")

    found = [tuple(row.values()) for row in figure(scratch, "status_moves")]

    assert found == [("R", "R", 0, 1), ("R", "U", 2, 0), ("U", "U", 1, 0), (None, None, 0, 1)]
