from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair
from conflict_pipeline_tests.sql.report.prepared import figure


def test_without_such_travel_there_is_no_range(scratch: Session) -> None:
    pair(scratch, DistanceMilesFromLatLng=5, MinuteDiffBetweenSch=1)

    (found,) = figure(scratch, "travel_range")

    assert found == {
        "pairs": 0, "median_miles": None, "median_minutes": None, "median_eta_minutes": None,
        "most_miles": None, "most_minutes": None,
    }  # fmt: skip


def test_the_first_row_of_a_pair_speaks_for_it(scratch: Session) -> None:
    for number, miles in enumerate((10, 20, 30), start=1):
        pair(
            scratch, 10 * number, VisitID=f"a{number}", ConVisitID=f"b{number}", DistanceFlag="Y",
            DistanceMilesFromLatLng=miles, MinuteDiffBetweenSch=miles / 10, ETATravleMinutes=miles * 2,
        )  # fmt: skip
        pair(
            scratch,
            10 * number + 1,
            VisitID=f"b{number}",
            ConVisitID=f"a{number}",
            DistanceMilesFromLatLng=99,
        )

    (found,) = figure(scratch, "travel_range")

    assert found == {
        "pairs": 3, "median_miles": 20.0, "median_minutes": 2.0, "median_eta_minutes": 40.0,
        "most_miles": 30.0, "most_minutes": 3.0,
    }  # fmt: skip
