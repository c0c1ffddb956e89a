from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair
from conflict_pipeline_tests.sql.report.prepared import figure

GRID = {"mile_step": 2.5, "minute_step": 3, "most_miles": 100, "most_minutes": 120}


def test_pairs_are_counted_in_squares(scratch: Session) -> None:
    for number, (miles, minutes) in enumerate([(2.49, 0), (0, 2), (2.5, 3), (100, 3), (3, 120)], start=1):
        pair(
            scratch, number, VisitID=f"a{number}", ConVisitID=f"b{number}", DistanceFlag="Y",
            DistanceMilesFromLatLng=miles, MinuteDiffBetweenSch=minutes,
        )  # fmt: skip

    found = [tuple(row.values()) for row in figure(scratch, "travel", **GRID)]

    assert found == [(0.0, 0.0, 2), (2.5, 3.0, 1)]


def test_only_travel_that_is_impossible_is_in_it(scratch: Session) -> None:
    pair(scratch, DistanceMilesFromLatLng=5, MinuteDiffBetweenSch=1)

    assert figure(scratch, "travel", **GRID) == []
