from datetime import UTC, datetime, timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, read, visit

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def by_name(session: Session) -> dict[str, Row]:
    return {row["Visit Id"]: row for row in read(session, "factvisitcallperformance_cr")}


def test_about_one_visit_in_a_hundred_ends_a_minute_later_and_says_when_it_changed(scratch: Session) -> None:
    for number in range(300):
        visit(
            scratch,
            f"v{number}",
            {"Updated Datatimestamp": LONG_AGO},
            scheduled=("09:00", "10:00"),
            actual=("09:05", "10:05"),
        )
    before = by_name(scratch)

    count = scratch.execute("bench/update_visits").rowcount

    changed = {name: row for name, row in by_name(scratch).items() if row != before[name]}
    assert 0 < count == len(changed) < 10
    for name, row in changed.items():
        minute = timedelta(minutes=1)
        assert row["Updated Datatimestamp"] > LONG_AGO
        assert row == {
            **before[name],
            "Scheduled End Time": before[name]["Scheduled End Time"] + minute,
            "Visit End Time": before[name]["Visit End Time"] + minute,
            "Updated Datatimestamp": row["Updated Datatimestamp"],
        }


def test_it_changes_the_same_visits_each_time(scratch: Session) -> None:
    for number in range(300):
        visit(scratch, f"v{number}", actual=("09:05", "10:05"))
    before = by_name(scratch)

    counts = {scratch.execute("bench/update_visits").rowcount for _ in range(2)}

    late = [
        row
        for name, row in by_name(scratch).items()
        if row["Visit End Time"] != before[name]["Visit End Time"]
    ]
    assert counts == {len(late)}
