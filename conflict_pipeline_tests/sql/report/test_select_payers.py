from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def of_kind(rows: list[Row], kind: str) -> list[tuple[Any, ...]]:
    names = ("value", "is_other", "visits", "billed_visits", "amount")
    return [tuple(row[name] for name in names) for row in rows if row["kind"] == kind]


def test_visits_are_counted_once_by_each_kind(scratch: Session) -> None:
    one = {"Contract": "A", "ContractType": "UPR", "PayerState": "NY", "TotalBilledAmount": 10}
    other = {
        "ConContract": "B",
        "ConContractType": "UPR",
        "ConPayerState": None,
        "ConTotalBilledAmount": None,
    }
    both_ways(scratch, 1, "v1", "v2", **one, **other)
    both_ways(scratch, 3, "v1", "v3", **one, **other)

    found = figure(scratch, "payers")

    assert of_kind(found, "payer") == [("B", False, 2, 0, 0), ("A", False, 1, 1, 10)]
    assert of_kind(found, "contract type") == [("UPR", False, 3, 1, 10)]
    assert of_kind(found, "state") == [("NY", False, 1, 1, 10), (None, False, 2, 0, 0)]


def test_what_is_not_among_the_first_is_other(scratch: Session) -> None:
    for number, payer in enumerate(["A", "A", "A", "B", "B", "C", "D", None], start=1):
        pair(scratch, number, VisitID=f"v{number}", ConVisitID=None, Contract=payer)

    found = of_kind(figure(scratch, "payers", payers=2), "payer")

    assert [line[:3] for line in found] == [
        ("A", False, 3),
        ("B", False, 2),
        (None, False, 1),
        ("other", True, 2),
    ]


def test_a_payer_of_that_name_is_not_mixed_with_the_rest(scratch: Session) -> None:
    for number, payer in enumerate(["other", "other", "B"], start=1):
        pair(scratch, number, VisitID=f"v{number}", ConVisitID=None, Contract=payer)

    found = of_kind(figure(scratch, "payers", payers=1), "payer")

    assert [line[:3] for line in found] == [("other", False, 2), ("other", True, 1)]
