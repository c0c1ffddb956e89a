from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def conflict(session: Session, number: int, visits: str, providers: str, ssn: str = "900000001") -> None:
    both_ways(
        session, 10 * number, visits[:2], visits[2:],
        ProviderID=providers[:2], ConProviderID=providers[2:], SSN=ssn,
        ProviderName=f"{providers[:2]} Care", ConProviderName=f"{providers[2:]} Care",
        TotalBilledAmount=10, ConTotalBilledAmount=10,
    )  # fmt: skip


def test_both_directions_are_one_and_a_visit_is_paid_once(scratch: Session) -> None:
    conflict(scratch, 1, "v1v2", "p1p2")
    conflict(scratch, 2, "v3v1", "p2p1", ssn="900000002")
    conflict(scratch, 3, "v4v5", "p1p3")

    first, second = figure(scratch, "provider_pairs")

    assert tuple(first.values()) == (1, "p1", "p1 Care", "p2", "p2 Care", 2, 2, 30)
    assert tuple(second.values()) == (2, "p1", "p1 Care", "p3", "p3 Care", 1, 1, 20)


def test_only_the_first_are_listed(scratch: Session) -> None:
    conflict(scratch, 1, "v1v2", "p1p2")
    conflict(scratch, 2, "v3v4", "p3p4")

    (found,) = figure(scratch, "provider_pairs", provider_pairs=1)

    assert found["provider_id"] == "p1"
