from decimal import Decimal

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, prepare


def visits(session: Session) -> dict[str, Row]:
    prepare(session)
    rows = session.conn.execute("SELECT * FROM report_visit").fetchall()
    found = {row["visit_id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def test_each_visit_is_there_once_with_its_own_values(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", Contract="one", ConContract="two", ProviderID="p1", ConProviderID="p2")
    both_ways(
        scratch, 3, "v1", "v3", Contract="one", ConContract="three", ProviderID="p1", ConProviderID="p3"
    )

    found = visits(scratch)

    assert {name: (row["payer"], row["provider_id"]) for name, row in found.items()} == {
        "v1": ("one", "p1"),
        "v2": ("two", "p2"),
        "v3": ("three", "p3"),
    }


def test_visits_of_marked_rows_are_in_no_conflict(scratch: Session) -> None:
    pair(scratch, UpdateFlag=1)

    assert visits(scratch) == {}


def test_the_sides_that_a_visit_is_on_are_known(scratch: Session) -> None:
    pair(scratch, 1, VisitID="v1", ConVisitID="v2", TotalBilledAmount=5, ConTotalBilledAmount=7)

    found = visits(scratch)

    assert (found["v1"]["is_primary"], found["v1"]["is_conflicting"]) == (True, False)
    assert (found["v1"]["primary_amount"], found["v1"]["conflicting_amount"]) == (5, None)
    assert (found["v2"]["primary_amount"], found["v2"]["conflicting_amount"]) == (None, 7)


def test_an_amount_that_no_visit_can_cost_is_kept_apart(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", TotalBilledAmount=10_000, ConTotalBilledAmount=Decimal("10000.001"))

    found = visits(scratch)

    assert (found["v1"]["amount"], found["v1"]["implausible_amount"]) == (10_000, None)
    assert (found["v2"]["amount"], found["v2"]["implausible_amount"]) == (None, Decimal("10000.001"))


def test_a_row_without_a_visit_makes_none(scratch: Session) -> None:
    pair(scratch, ConVisitID=None)

    assert visits(scratch).keys() == {"v1"}
