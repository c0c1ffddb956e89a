"""Times that are none: infinite ones, and those outside the years 1 to 9999, count as missing."""

import pytest

from conflict_pipeline.cycles import checks, ledger
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, clear, equal_visits, read, visit
from conflict_pipeline_tests.small_cycles import do, start_cycle
from conflict_pipeline_tests.steps.redetect_statements import pairs, visits

# Each time of a visit, and the column of the primary visit that it fills.
TIMES = {
    "Scheduled Start Time": "SchStartTime",
    "Scheduled End Time": "SchEndTime",
    "Visit Start Time": "VisitStartTime",
    "Visit End Time": "VisitEndTime",
    "Call In Time": "EVVStartTime",
    "Call Out Time": "EVVEndTime",
    "Visit Updated Timestamp": "LastUpdatedDate",
    "Invoice Date": "BilledDate",
}
BAD = ("infinity", "-infinity", "0001-12-31 BC", "10000-01-01")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("source", "target"), TIMES.items())
def test_such_a_time_is_missing_and_counted(scratch: Session, source: str, target: str, bad: str) -> None:
    equal_visits(scratch)
    change(scratch, "factvisitcallperformance_cr", **{source: bad})

    found = visits(scratch)["v1"]

    assert (found[target], found["bad_times"]) == (None, 1)


@pytest.mark.parametrize("good", ["0001-01-01", "9999-12-31 23:59:59"])
@pytest.mark.parametrize(("source", "target"), TIMES.items())
def test_the_first_and_the_last_moment_are_times(
    scratch: Session, source: str, target: str, good: str
) -> None:
    equal_visits(scratch)
    change(scratch, "factvisitcallperformance_cr", **{source: good})

    found = visits(scratch)["v1"]

    assert (found[target].isoformat()[:10], found["bad_times"]) == (good[:10], 0)


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [
        ("infinity", "infinity", "SameSchTimeFlag"),
        ("-infinity", "infinity", "SameSchTimeFlag"),
        ("2026-03-02 09:00", "infinity", None),
        ("-infinity", "2026-03-02 11:00", None),
    ],
)
def test_a_visit_is_open_or_done_by_the_times_that_are(
    scratch: Session, start: str, end: str, rule: str | None
) -> None:
    equal_visits(scratch)
    change(scratch, "factvisitcallperformance_cr", **{"Visit Start Time": start, "Visit End Time": end})

    found = pairs(scratch)

    assert bool(found) is bool(rule)
    assert rule is None or found[1][rule]


@pytest.mark.parametrize("bad", BAD)
def test_a_chunk_with_such_a_time_completes_and_a_check_says_so(
    database: Postgres, session: Session, bad: str
) -> None:
    equal_visits(session)
    clear(session, "factvisitcallperformance_cr")
    for name, place in (("v1", "0,0"), ("v2", "0,1")):
        visit(session, name, {"Call In GPS Coordinates": place}, actual=("09:00", "11:00"))
    change(session, "factvisitcallperformance_cr", **{"Visit End Time": bad})

    (result,) = do(database, *start_cycle(session).partition_keys)

    assert result.counts["redetect"].as_json()["bad_times"] == 2
    (check,) = [one for one in checks.step_checks() if one.check.name == "times_are_usable"]
    assert checks.evaluate(session, ledger.require_cycle(session), check).numbers == {"failing": 2}
    assert read(session, "conflictvisitmaps")[0]["UpdateFlag"] == 1
