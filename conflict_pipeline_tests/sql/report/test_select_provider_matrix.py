from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def conflict(session: Session, number: int, one: str, other: str) -> None:
    both_ways(
        session, 10 * number, f"a{number}", f"b{number}",
        ProviderID=one, ConProviderID=other, ProviderName=f"{one} Care", ConProviderName=f"{other} Care",
    )  # fmt: skip


def test_each_pair_is_in_both_directions_and_counts_once_in_each(scratch: Session) -> None:
    for number, (one, other) in enumerate([("p1", "p2"), ("p2", "p1"), ("p1", "p3")], start=1):
        conflict(scratch, number, one, other)

    found = figure(scratch, "provider_matrix")

    lines = {row["rank"]: (row["provider_id"], row["provider_name"], row["pairs_in_all"]) for row in found}
    assert lines == {1: ("p1", "p1 Care", 3), 2: ("p2", "p2 Care", 2), 3: ("p3", "p3 Care", 1)}
    assert {(row["rank"], row["con_rank"]): row["pairs"] for row in found} == {
        (1, 1): 0, (1, 2): 2, (1, 3): 1,
        (2, 1): 2, (2, 2): 0, (2, 3): 0,
        (3, 1): 1, (3, 2): 0, (3, 3): 0,
    }  # fmt: skip


def test_only_so_many_providers_are_in_it(scratch: Session) -> None:
    for number, (one, other) in enumerate([("p1", "p2"), ("p2", "p1"), ("p1", "p3")], start=1):
        conflict(scratch, number, one, other)

    found = figure(scratch, "provider_matrix", providers=2)

    assert {row["provider_id"] for row in found} == {"p1", "p2"}
