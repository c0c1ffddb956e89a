from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def test_the_oldest_conflicts_come_first_with_their_days(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", CreatedDate="2026-02-28 12:00", CaregiverID="c1", StatusFlag="W")
    pair(scratch, 3, VisitID="v3", ConVisitID="v4", CreatedDate="2025-03-02 13:00")

    first, second = figure(scratch, "oldest")

    # The cycle was closed on 2 March 2026 at 12:00.
    assert (first["row_id"], first["days"]) == (3, 364)
    assert (second["row_id"], second["days"], second["status"], second["caregiver_id"]) == (1, 2, "W", "c1")
    assert (second["visit_id"], second["con_visit_id"]) == ("v1", "v2")
    assert SSN not in str([first, second])


def test_what_is_resolved_or_has_no_date_is_not_listed(scratch: Session) -> None:
    pair(scratch, 1, UpdateFlag=1, CreatedDate="2025-01-01")
    pair(scratch, 2, VisitID="v3", CreatedDate=None)

    assert figure(scratch, "oldest") == []


def test_only_so_many_are_listed(scratch: Session) -> None:
    for number in (1, 2):
        pair(scratch, number, VisitID=f"v{number}", ConVisitID="v9", CreatedDate="2026-01-01")

    assert [row["row_id"] for row in figure(scratch, "oldest", oldest=1)] == [1]
