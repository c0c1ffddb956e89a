from datetime import date

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW
from conflict_pipeline_tests.sql.report.prepared import both_ways, figure


def test_every_month_of_the_window_is_there(scratch: Session) -> None:
    months = [row["month"] for row in figure(scratch, "months")]

    assert (months[0], months[-1], len(months)) == (date(2024, 3, 1), date(2026, 4, 1), 26)
    assert months == sorted(set(months))


def test_pairs_and_visits_count_in_the_month_of_their_date(scratch: Session) -> None:
    amounts = {"TotalBilledAmount": 10, "ConTotalBilledAmount": 5}
    both_ways(scratch, 1, "v1", "v2", VisitDate=WINDOW["window_start"], **amounts)
    both_ways(scratch, 3, "v3", "v4", VisitDate=date(2026, 1, 31), **amounts)
    both_ways(scratch, 5, "v3", "v5", VisitDate=date(2026, 1, 31), **amounts)
    both_ways(scratch, 7, "v6", "v7", VisitDate=date(2026, 2, 1))

    found = {row["month"]: (row["pairs"], row["amount"]) for row in figure(scratch, "months") if row["pairs"]}

    assert found == {date(2024, 3, 1): (1, 15), date(2026, 1, 1): (2, 20), date(2026, 2, 1): (1, 0)}
