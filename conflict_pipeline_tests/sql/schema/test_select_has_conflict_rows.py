from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair


def test_any_row_counts_also_one_that_is_not_eligible(scratch: Session) -> None:
    before = scratch.one("schema/select_has_conflict_rows")
    pair(scratch, CONFLICTID=None, VisitDate=None)

    assert (before, scratch.one("schema/select_has_conflict_rows")) == (
        {"has_rows": False},
        {"has_rows": True},
    )
