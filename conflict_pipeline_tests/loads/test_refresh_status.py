"""insert_refresh_status: the row after a load, which makes a new cycle due."""

from datetime import datetime

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read


def now(session: Session) -> datetime:
    """Return the local time of the report time zone."""
    (row,) = session.conn.execute("SELECT clock_timestamp()::timestamp AS now").fetchall()
    moment: datetime = row["now"]
    return moment


def test_it_has_the_current_time_and_a_new_cycle_is_due(scratch: Session) -> None:
    before = now(scratch)

    finished = scratch.one("loads/insert_refresh_status")["finished_at"]

    assert before <= finished <= now(scratch)
    assert scratch.one("cycles/select_due_loads")["loads"] == 1
    assert read(scratch, "factdatarefreshstatus") == [
        {"MODULE": "Conflict Report", "STATUS": "success", "REFRESH_FINISHED_AT": finished}
    ]
