"""Boundary cases of the figures about providers, payers and aides."""

from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.report.prepared import both_ways, figure
from conflict_pipeline_tests.rows import DAY, SSN, Row, pair


def conflict(session: Session, number: int, visits: str, providers: str, ssn: str = SSN) -> None:
    """Insert both rows of a pair: visits "v1v2" of providers "p1p2", 10 billed for each."""
    both_ways(
        session, 10 * number, visits[:2], visits[2:],
        ProviderID=providers[:2], ConProviderID=providers[2:], SSN=ssn,
        ProviderName=f"{providers[:2]} Care", ConProviderName=f"{providers[2:]} Care",
        TotalBilledAmount=10, ConTotalBilledAmount=10,
    )  # fmt: skip


def of_kind(rows: list[Row], kind: str) -> list[tuple[Any, ...]]:
    names = ("value", "is_other", "visits", "billed_visits", "amount")
    return [tuple(row[name] for name in names) for row in rows if row["kind"] == kind]


def insert_payers(session: Session, *payers: str | None) -> None:
    for number, payer in enumerate(payers, start=1):
        pair(session, number, VisitID=f"v{number}", ConVisitID=None, Contract=payer)


def insert_aide(session: Session) -> None:
    """Insert two conflicts of one aide, who has an ID at each of two providers."""
    who = {"CaregiverID": "c1", "ConCaregiverID": "c2", "ProviderID": "p1", "ConProviderID": "p2"}
    amounts = {"TotalBilledAmount": 10, "ConTotalBilledAmount": 10}
    both_ways(session, 1, "v1", "v2", **who, **amounts, AideName="Name of the Aide")
    both_ways(session, 3, "v1", "v3", **who, **amounts, AideName="Name of the Aide")


def test_the_matrix_has_each_pair_once_in_each_direction(scratch: Session) -> None:
    for number, providers in enumerate(("p1p2", "p2p1", "p1p3"), start=1):
        conflict(scratch, number, f"a{number}b{number}", providers)

    found = figure(scratch, "provider_matrix")

    lines = {row["rank"]: (row["provider_id"], row["provider_name"], row["total_pairs"]) for row in found}
    assert lines == {1: ("p1", "p1 Care", 3), 2: ("p2", "p2 Care", 2), 3: ("p3", "p3 Care", 1)}
    assert {(row["rank"], row["con_rank"]): row["pairs"] for row in found} == {
        (1, 1): 0, (1, 2): 2, (1, 3): 1,
        (2, 1): 2, (2, 2): 0, (2, 3): 0,
        (3, 1): 1, (3, 2): 0, (3, 3): 0,
    }  # fmt: skip


def test_both_directions_between_two_providers_are_one_and_a_visit_counts_once(scratch: Session) -> None:
    conflict(scratch, 1, "v1v2", "p1p2")
    conflict(scratch, 2, "v3v1", "p2p1", ssn="900000002")
    conflict(scratch, 3, "v4v5", "p1p3")

    first, second = figure(scratch, "provider_pairs")

    assert tuple(first.values()) == (1, "p1", "p1 Care", "p2", "p2 Care", 2, 2, 30)
    assert tuple(second.values()) == (2, "p1", "p1 Care", "p3", "p3 Care", 1, 1, 20)


@pytest.mark.parametrize(
    ("name", "limit", "lines"),
    [("provider_matrix", "providers", 1), ("provider_pairs", "provider_pairs", 1), ("aides", "aides", 1)],
)
def test_lists_end_at_their_limit(scratch: Session, name: str, limit: str, lines: int) -> None:
    conflict(scratch, 1, "v1v2", "p1p2")
    conflict(scratch, 2, "v3v4", "p3p4", ssn="900000002")

    assert len(figure(scratch, name, **{limit: 1})) == lines


def test_visits_are_counted_once_for_payer_contract_type_and_state(scratch: Session) -> None:
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


def test_payers_beyond_the_limit_are_summed_up(scratch: Session) -> None:
    insert_payers(scratch, "A", "A", "A", "B", "B", "C", "D", None)

    found = of_kind(figure(scratch, "payers", payers=2), "payer")

    assert [line[:3] for line in found] == [
        ("A", False, 3),
        ("B", False, 2),
        (None, False, 1),
        ("other", True, 2),
    ]


def test_a_payer_called_other_is_not_mixed_with_the_sum(scratch: Session) -> None:
    insert_payers(scratch, "other", "other", "B")

    found = of_kind(figure(scratch, "payers", payers=1), "payer")

    assert [line[:3] for line in found] == [("other", False, 2), ("other", True, 1)]


def test_an_aide_is_one_ssn_with_an_id_at_each_provider(scratch: Session) -> None:
    insert_aide(scratch)
    both_ways(scratch, 5, "v4", "v5", SSN="900000002", VisitDate=DAY + timedelta(days=1), CaregiverID="c9")
    pair(scratch, 7, VisitID="v6", ConVisitID="v7", SSN=None)

    first, second = figure(scratch, "aides")

    assert first == {
        "rank": 1, "caregiver_id": "c1", "caregiver_ids": 2, "providers": 2, "pairs": 2, "days": 1,
        "visits": 3, "amount": 30, "aide_name": None,
    }  # fmt: skip
    assert (second["caregiver_id"], second["pairs"]) == ("c9", 1)


@pytest.mark.parametrize(("shows_names", "name"), [(False, None), (True, "Name of the Aide")])
def test_the_name_of_an_aide_follows_the_setting_and_the_ssn_is_never_shown(
    scratch: Session, shows_names: bool, name: str | None
) -> None:
    insert_aide(scratch)

    (found,) = figure(scratch, "aides", shows_names=shows_names)

    assert found["aide_name"] == name
    assert SSN not in str(found)


def test_the_oldest_conflicts_come_first_with_their_age(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", CreatedDate="2026-02-28 12:00", CaregiverID="c1", StatusFlag="W")
    pair(scratch, 3, VisitID="v3", ConVisitID="v4", CreatedDate="2025-03-02 13:00")
    pair(scratch, 4, UpdateFlag=1, CreatedDate="2025-01-01")
    pair(scratch, 5, VisitID="v5", CreatedDate=None)

    first, second = found = figure(scratch, "oldest")

    # The cycle was closed on 2 March 2026 at 12:00.
    assert (first["row_id"], first["days"]) == (3, 364)
    assert (second["row_id"], second["days"], second["status"], second["caregiver_id"]) == (1, 2, "W", "c1")
    assert (second["visit_id"], second["con_visit_id"]) == ("v1", "v2")
    assert SSN not in str(found)
