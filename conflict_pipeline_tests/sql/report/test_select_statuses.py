from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair
from conflict_pipeline_tests.sql.report.prepared import figure


def test_rows_are_counted_by_letter_detected_or_not(scratch: Session) -> None:
    for number, (status, flag) in enumerate(
        [("U", None), ("U", None), ("U", 1), ("R", 1), (None, None), (None, 1)], start=1
    ):
        pair(scratch, number, StatusFlag=status, UpdateFlag=flag)

    found = figure(scratch, "statuses")

    assert [tuple(row.values()) for row in found] == [("U", 2, 1), (None, 1, 1), ("R", 0, 1)]
