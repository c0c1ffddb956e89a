from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, at, chunk, pair
from conflict_pipeline_tests.sql.report.prepared import figure, prepare

WHOLE: Row = {
    **{f"{side}{name}": at(clock) for side in ("", "Con") for name, clock in (
        ("VisitStartTime", "09:00"), ("VisitEndTime", "10:00"),
    )},
    "DistanceMilesFromLatLng": 5,
    "AverageMilesPerHour": 30,
    "Contract": "Payer",
}  # fmt: skip


def counts(rows: list[Row]) -> dict[str, int]:
    return {row["issue"]: row["count"] for row in rows if row["count"]}


def test_a_row_that_has_everything_lacks_nothing(scratch: Session) -> None:
    pair(scratch, **WHOLE)

    found = figure(scratch, "quality")

    assert len(found) == 8
    assert counts(found) == {}


@pytest.mark.parametrize(
    ("columns", "issue"),
    [
        ({"VisitEndTime": None}, "half times"),
        ({"ConVisitStartTime": None}, "half times"),
        ({"ConVisitStartTime": None, "ConVisitEndTime": None}, "no times"),
        ({"DistanceMilesFromLatLng": None}, "no distance"),
        ({"AverageMilesPerHour": None}, "no speed"),
        ({"AverageMilesPerHour": 0}, "no speed"),
        ({"SSN": None}, "no SSN"),
        ({"SSN": " "}, "no SSN"),
        ({"Contract": None}, "no payer"),
        ({"AideName": "x" * 101}, "names cut"),
    ],
)
def test_what_a_row_lacks_is_counted(scratch: Session, columns: dict[str, Any], issue: str) -> None:
    pair(scratch, **{**WHOLE, **columns})

    assert counts(figure(scratch, "quality")) == {issue: 1}


def test_unreadable_texts_are_those_that_the_chunks_of_the_cycle_counted(scratch: Session) -> None:
    values = prepare(scratch)
    for number in (1, 2):
        chunk(scratch, {**values, "cycle_key": "c1"}, number, bad_gps=number)

    assert counts(scratch.rows("report/select_quality", values)) == {"unreadable GPS texts": 3}
