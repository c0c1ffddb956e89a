from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, at, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, prepare


def pairs(session: Session) -> list[Row]:
    prepare(session)
    return session.conn.execute("SELECT * FROM report_pair ORDER BY first_row_id").fetchall()


def test_both_orders_of_a_pair_make_one(scratch: Session) -> None:
    both_ways(scratch, 1, "v2", "v1", ProviderID="p2", ConProviderID="p1")
    pair(scratch, 3, VisitID="v3", ConVisitID="v4")
    pair(scratch, 4, VisitID="v5", ConVisitID="v6", UpdateFlag=1)

    one, other = pairs(scratch)

    assert (one["rows"], one["first_row_id"], one["visit_id"], one["con_visit_id"]) == (2, 1, "v1", "v2")
    assert (one["provider_id"], one["con_provider_id"]) == ("p1", "p2")
    assert (other["rows"], other["first_row_id"]) == (1, 3)


def test_a_rule_holds_if_it_holds_in_one_of_the_rows(scratch: Session) -> None:
    pair(scratch, 1, VisitID="v1", ConVisitID="v2", DistanceFlag="Y")
    pair(scratch, 2, VisitID="v2", ConVisitID="v1", SameSchTimeFlag="N")

    (found,) = pairs(scratch)

    assert (found["distance"], found["same_sch_time"]) == (True, False)


def test_the_earlier_start_counts(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", VisitStartTime=at("09:00"), ConVisitStartTime=at("08:30"))

    (found,) = pairs(scratch)

    assert found["starts_at"] == at("08:30")


def test_a_pair_with_an_unknown_visit_is_one_too(scratch: Session) -> None:
    pair(scratch, 1, VisitID="v1", ConVisitID=None)
    pair(scratch, 2, VisitID=None, ConVisitID="v1")

    (found,) = pairs(scratch)

    assert found["rows"] == 2
