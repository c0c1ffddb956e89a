"""settings."InProgressFlag": when the application is told to wait, and when no longer."""

import psycopg
import pytest

from conflict_pipeline.cycles.refresh_flag import RefreshFlag, refreshing, set_flag
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, read, settings
from conflict_pipeline_tests.small_cycles import in_progress


def test_other_sessions_see_it_at_once(database: Postgres, session: Session) -> None:
    settings(session)

    with database.session("application") as application, refreshing(session):
        assert in_progress(application) == RefreshFlag.REFRESHING


def test_after_a_failure_the_application_need_not_wait(scratch: Session) -> None:
    settings(scratch)

    with pytest.raises(ZeroDivisionError), refreshing(scratch):
        raise ZeroDivisionError

    assert in_progress(scratch) == RefreshFlag.ENDED


def test_a_lost_connection_does_not_hide_the_error(database: Postgres) -> None:
    def work() -> None:
        with database.session("test") as session, refreshing(session):
            session.conn.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_it_is_ended_over_a_new_connection_where_the_server_ended_the_old_one(
    database: Postgres, session: Session
) -> None:
    settings(session)

    def work() -> None:
        with database.session("test") as lost, refreshing(lost):
            session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [lost.conn.info.backend_pid])
            lost.conn.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        work()

    assert in_progress(session) == RefreshFlag.ENDED


@pytest.mark.parametrize("rows", [0, 2])
def test_it_needs_no_settings_row_and_sets_several(scratch: Session, rows: int) -> None:
    for number in range(rows):
        settings(scratch, ID=number)
    change(scratch, "settings", InProgressFlag=None)

    set_flag(scratch, RefreshFlag.REFRESHING)

    assert [row["InProgressFlag"] for row in read(scratch, "settings")] == [1] * rows
