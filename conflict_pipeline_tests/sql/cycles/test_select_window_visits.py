from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, pair


@pytest.mark.parametrize(
    ("columns", "is_in"),
    [
        pytest.param({}, True, id="eligible"),
        pytest.param({"VisitDate": WINDOW["window_start"]}, True, id="first day"),
        pytest.param({"VisitDate": WINDOW["window_end"]}, True, id="last day"),
        pytest.param({"VisitDate": WINDOW["window_end"] + timedelta(days=1)}, False, id="day after"),
        pytest.param({"VisitDate": None}, False, id="no date"),
        pytest.param({"CONFLICTID": None}, False, id="no parent"),
    ],
)
def test_both_visits_of_each_eligible_row_are_named(
    scratch: Session, columns: dict[str, Any], is_in: bool
) -> None:
    pair(scratch, **columns)

    found = {row["visit_id"] for row in scratch.rows("cycles/select_window_visits", WINDOW)}

    assert found == ({"v1", "v2"} if is_in else set())
