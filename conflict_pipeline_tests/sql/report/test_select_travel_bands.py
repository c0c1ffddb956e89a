from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import band


def test_bands_come_in_their_order_with_no_speed_where_it_is_none(scratch: Session) -> None:
    band(scratch, 1, 10, 20, 0)
    band(scratch, 2, 0, 10, 15)
    band(scratch, 3, 30, 20, 15)
    band(scratch, 4, 20, 30, None)

    found = scratch.rows("report/select_travel_bands")

    assert [tuple(row.values()) for row in found] == [
        (0.0, 10.0, 15.0),
        (10.0, 20.0, None),
        (20.0, 30.0, None),
    ]
