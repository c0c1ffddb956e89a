from decimal import Decimal

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def test_of_nothing_everything_is_zero(scratch: Session) -> None:
    (found,) = figure(scratch, "totals")

    assert set(found.values()) == {0}


def test_pairs_visits_aides_and_amounts_are_each_counted_once(scratch: Session) -> None:
    amounts = {"TotalBilledAmount": 100, "ConTotalBilledAmount": 50}
    providers = {"ProviderID": "p1", "ConProviderID": "p2"}
    both_ways(scratch, 1, "v1", "v2", **amounts, **providers)
    both_ways(scratch, 3, "v1", "v3", **amounts, **providers, SSN="900000001")
    pair(scratch, 5, VisitID="v4", ConVisitID="v5", SSN="900000002", TotalBilledAmount=Decimal("7.25"))
    pair(scratch, 6, VisitID="v6", ConVisitID="v7", UpdateFlag=1, TotalBilledAmount=1_000)
    pair(scratch, 7, VisitID="v6", ConVisitID="v7", UpdateFlag=1, PTOEndDate=DAY)

    (found,) = figure(scratch, "totals")

    assert found == {
        "pairs": 3,
        "rows": 5,
        "eligible_rows": 7,
        "not_redetected_rows": 1,
        "guarded_rows": 1,
        "visits": 5,
        "aides": 2,
        "providers": 2,
        "primary_amount": Decimal("207.25"),
        "conflicting_amount": Decimal("200.00"),
        "amount": Decimal("207.25"),
        "implausible_visits": 0,
        "implausible_amount": 0,
    }


def test_implausible_amounts_are_left_out_and_shown_apart(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", TotalBilledAmount=100, ConTotalBilledAmount=20_000)

    (found,) = figure(scratch, "totals")

    assert (found["amount"], found["implausible_visits"], found["implausible_amount"]) == (100, 1, 20_000)
