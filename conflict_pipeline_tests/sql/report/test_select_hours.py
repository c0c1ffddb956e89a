from datetime import date

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import at, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def test_a_pair_counts_in_the_hour_of_its_earlier_start(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", VisitStartTime=at("09:59:59"), ConVisitStartTime=at("10:00"))
    both_ways(scratch, 3, "v3", "v4", SchStartTime=at("09:00"))
    pair(scratch, 5, VisitID="v5", ConVisitID="v6", VisitDate=date(2026, 3, 8), VisitStartTime=at("00:00"))

    found = [tuple(row.values()) for row in figure(scratch, "hours")]

    # DAY is a Monday, the other one a Sunday.
    assert found == [(1, 9, 2), (7, 0, 1)]


def test_a_pair_without_a_start_is_in_no_hour(scratch: Session) -> None:
    pair(scratch)

    assert figure(scratch, "hours") == []
