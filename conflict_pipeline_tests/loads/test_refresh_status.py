"""insert_refresh_status: the row after a load, which makes a new cycle due."""

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
    """Return the local time of the report time zone."""
    (row,) = session.conn.execute("SELECT clock_timestamp()::timestamp AS now").fetchall()
    moment: datetime = row["now"]
    return moment


def insert_status(session: Session) -> datetime:
    finished: datetime = session.one("loads/insert_refresh_status")["finished_at"]
    return finished


def test_it_has_the_current_time_and_a_new_cycle_is_due(scratch: Session) -> None:
    before = now(scratch)
    status(scratch, before - timedelta(days=1))
    status(scratch, None)

    finished = insert_status(scratch)

    assert before <= finished <= now(scratch)
    assert scratch.one("cycles/select_upstream_load")["finished_at"] == finished
    assert {"MODULE": "Conflict Report", "STATUS": "success", "REFRESH_FINISHED_AT": finished} in read(
        scratch, STATUS
    )


def test_the_first_row_has_the_current_time(scratch: Session) -> None:
    assert insert_status(scratch) <= now(scratch)


def test_it_is_later_than_every_row_even_one_in_the_future(scratch: Session) -> None:
    for finished in (FUTURE - timedelta(days=1), FUTURE, None, FUTURE - timedelta(days=2)):
        status(scratch, finished)

    assert insert_status(scratch) == FUTURE + timedelta(microseconds=1)
    assert insert_status(scratch) == FUTURE + timedelta(microseconds=2)


@pytest.mark.parametrize("columns", [{"MODULE": "Other"}, {"STATUS": "failed"}, {"MODULE": None}])
def test_rows_of_other_modules_and_states_are_ignored(
    scratch: Session, columns: dict[str, str | None]
) -> None:
    status(scratch, FUTURE, **columns)

    assert insert_status(scratch) < FUTURE
