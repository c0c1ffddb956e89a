from datetime import datetime, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, insert, read

STATUS = "factdatarefreshstatus"
FUTURE = datetime.combine(DAY + timedelta(days=36_500), datetime.min.time())


def status(session: Session, finished: datetime | None, **columns: Any) -> None:
    given = {"MODULE": "Conflict Report", "STATUS": "success", "REFRESH_FINISHED_AT": finished, **columns}
    insert(session, STATUS, **given)


def now(session: Session) -> datetime:
    row = session.conn.execute("SELECT clock_timestamp()::timestamp AS now").fetchone()
    assert row is not None
    moment: datetime = row["now"]
    return moment


def insert_status(session: Session) -> datetime:
    finished: datetime = session.one("loads/insert_refresh_status")["finished_at"]
    return finished


def test_the_first_is_of_now_by_the_report_zones_clock(scratch: Session) -> None:
    before = now(scratch)

    finished = insert_status(scratch)

    assert before <= finished <= now(scratch)
    assert read(scratch, STATUS) == [
        {"MODULE": "Conflict Report", "STATUS": "success", "REFRESH_FINISHED_AT": finished}
    ]


def test_after_one_of_the_past_it_is_of_now(scratch: Session) -> None:
    before = now(scratch)
    status(scratch, before - timedelta(days=1))

    assert before <= insert_status(scratch) <= now(scratch)


def test_after_one_of_the_future_it_is_later_still(scratch: Session) -> None:
    status(scratch, FUTURE)

    assert insert_status(scratch) == FUTURE + timedelta(microseconds=1)
    assert insert_status(scratch) == FUTURE + timedelta(microseconds=2)


def test_the_latest_counts_whatever_the_order(scratch: Session) -> None:
    for finished in (FUTURE - timedelta(days=1), FUTURE, None, FUTURE - timedelta(days=2)):
        status(scratch, finished)

    assert insert_status(scratch) == FUTURE + timedelta(microseconds=1)


@pytest.mark.parametrize("columns", [{"MODULE": "Other"}, {"STATUS": "failed"}, {"MODULE": None}])
def test_rows_of_another_kind_do_not_count(scratch: Session, columns: dict[str, str | None]) -> None:
    status(scratch, FUTURE, **columns)

    assert insert_status(scratch) < FUTURE


def test_one_that_does_not_say_when_does_not_count(scratch: Session) -> None:
    status(scratch, None)

    assert insert_status(scratch) <= now(scratch)


def test_it_is_a_load_that_has_not_been_taken_in(scratch: Session) -> None:
    status(scratch, FUTURE)

    finished = insert_status(scratch)

    assert scratch.one("cycles/select_upstream_load")["finished_at"] == finished
