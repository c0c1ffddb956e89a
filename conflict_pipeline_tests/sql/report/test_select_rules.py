from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def test_every_rule_is_there_in_its_order(scratch: Session) -> None:
    found = figure(scratch, "rules")

    assert [row["rule"] for row in found] == list(RULE_COLUMNS)
    assert [row["number"] for row in found] == [1, 2, 3, 4, 5, 6, 7]
    assert {(row["pairs"], row["rows"]) for row in found} == {(0, 0)}


def test_each_rule_counts_its_own_column(scratch: Session) -> None:
    for number, rule in enumerate(RULE_COLUMNS, start=1):
        for copy in range(number):
            pair(scratch, 10 * number + copy, VisitID=f"a{number}", ConVisitID=f"b{copy}", **{rule: "Y"})

    assert [row["pairs"] for row in figure(scratch, "rules")] == [1, 2, 3, 4, 5, 6, 7]


def test_a_pair_counts_once_and_only_while_it_is_detected(scratch: Session) -> None:
    both_ways(scratch, 1, "v1", "v2", DistanceFlag="Y", SameSchTimeFlag="Y")
    pair(scratch, 3, VisitID="v3", ConVisitID="v4", DistanceFlag="Y", UpdateFlag=1)
    pair(scratch, 4, VisitID="v5", ConVisitID="v6", DistanceFlag=None)

    found = {row["rule"]: (row["pairs"], row["rows"]) for row in figure(scratch, "rules")}

    assert {rule: counts for rule, counts in found.items() if any(counts)} == {
        "SameSchTimeFlag": (1, 2),
        "DistanceFlag": (1, 2),
    }
