import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from conflict_pipeline.cycles import ledger, locks, run
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WIDE, pair, read, settings
from conflict_pipeline_tests.small_cycles import in_progress, waits_for_a_lock


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], str]], Future[str]]]:
    """Starts work in another thread."""
    with ThreadPoolExecutor(2) as pool:
        yield pool.submit


def wait_until_a_session_waits(session: Session) -> None:
    """Until another session of this database waits for an advisory lock."""
    waiting = """SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    deadline = time.monotonic() + 10
    while not session.conn.execute(waiting).rowcount:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def plan(database: Postgres, statement: str = "") -> str:
    with database.session("plan") as session:
        if statement:
            session.conn.execute(statement.encode())
        return run.plan_cycle(session, WIDE, "run").cycle_key


def test_a_plan_waits_for_the_end_of_a_chunks_transaction(
    database: Postgres, session: Session, meanwhile: Callable[[Callable[[], str]], Future[str]]
) -> None:
    with locks.work_transaction(session):
        planned = meanwhile(lambda: plan(database))
        wait_until_a_session_waits(session)
        assert ledger.newest_cycle(session) is None

    key = planned.result(10)
    newest = ledger.newest_cycle(session)
    assert newest is not None
    assert newest.cycle_key == key


def test_a_plan_waits_longer_than_for_other_locks(
    database: Postgres, session: Session, meanwhile: Callable[[Callable[[], str]], Future[str]]
) -> None:
    with locks.work_transaction(session):
        planned = meanwhile(lambda: plan(database, "SET lock_timeout = '20ms'"))
        wait_until_a_session_waits(session)
        time.sleep(0.1)

    assert planned.result(10).startswith("c")


def test_a_chunk_waits_for_the_end_of_a_plan(
    database: Postgres, session: Session, meanwhile: Callable[[Callable[[], str]], Future[str]]
) -> None:
    pair(session)

    def work() -> str:
        with database.session("chunk") as chunk, locks.work_transaction(chunk):
            cycle = ledger.newest_cycle(chunk)
            return cycle.cycle_key if cycle else "none"

    with session.transaction():
        locks.close_gate(session)
        worked = meanwhile(work)
        wait_until_a_session_waits(session)
        key = run.plan_cycle(session, WIDE, "run").cycle_key

    assert worked.result(10) == key


def test_a_chunk_does_not_wait_for_ever(database: Postgres, session: Session) -> None:
    with database.session("plan") as planner, planner.transaction():
        locks.close_gate(planner)
        session.conn.execute("SET lock_timeout = '20ms'")

        with pytest.raises(psycopg.errors.LockNotAvailable), locks.work_transaction(session):
            pass


def test_chunks_do_not_wait_for_one_another(database: Postgres, session: Session) -> None:
    session.conn.execute("SET lock_timeout = '20ms'")

    with (
        database.session("chunk") as other,
        locks.work_transaction(other),
        locks.work_transaction(session),
    ):
        locked = session.conn.execute("SELECT 1 AS one").fetchone()

    assert locked == {"one": 1}


def test_the_gate_is_open_again_after_an_error(database: Postgres, session: Session) -> None:
    with pytest.raises(ZeroDivisionError), locks.work_transaction(session):
        raise ZeroDivisionError

    assert plan(database, "SET statement_timeout = '2s'").startswith("c")


def test_a_second_job_that_starts_waits_for_the_first_whatever_its_timeouts(
    database: Postgres, session: Session, meanwhile: Callable[[Callable[[], str]], Future[str]]
) -> None:
    first_is_done = threading.Event()

    def start() -> str:
        with database.session("second") as second:
            second.conn.execute("SET lock_timeout = '20ms'")
            second.conn.execute("SET statement_timeout = '50ms'")
            with locks.preparation_lock(second):
                return str(first_is_done.is_set())

    with locks.preparation_lock(session):
        second = meanwhile(start)
        wait_until_a_session_waits(session)
        time.sleep(0.1)
        first_is_done.set()

    assert second.result(10) == "True"


def test_the_timeouts_are_as_before_once_the_preparation_lock_is_held(session: Session) -> None:
    before = session.conn.execute("SHOW lock_timeout").fetchone()

    with locks.preparation_lock(session):
        assert session.conn.execute("SHOW lock_timeout").fetchone() == before


def test_the_preparation_lock_is_free_again_after_an_error(database: Postgres, session: Session) -> None:
    with pytest.raises(ZeroDivisionError), locks.preparation_lock(session):
        raise ZeroDivisionError

    with database.session("second") as second, locks.preparation_lock(second):
        held = second.conn.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'").rowcount

    assert held == 1


def test_a_connection_that_is_lost_meanwhile_hides_no_error(database: Postgres) -> None:
    def work() -> None:
        with database.session("first") as first, locks.preparation_lock(first):
            first.conn.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_who_holds_the_preparation_lock_is_logged_and_in_the_end_given_up_for(
    database: Postgres, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(locks, "WAIT_NOTICE_INTERVAL", 0.02)
    monkeypatch.setattr(locks, "MAX_WAIT", 0.1)
    with database.session("snapshot of run 1") as holder, locks.preparation_lock(holder):
        name = f"session 'conflict_pipeline snapshot of run 1' (process {holder.conn.info.backend_pid})"

        with pytest.raises(PipelineError, match="Gave up after") as error:
            plan(database)

    assert name in str(error.value)
    assert f"Waiting for {name}, which is preparing or planning a cycle." in caplog.messages
    assert plan(database).startswith("c")


@pytest.fixture
def locked_ledger(database: Postgres) -> Iterator[Session]:
    """A session that has locked a table of the ledger, as `schema apply` does."""
    with database.session("schema apply") as applying:
        applying.conn.execute("SET deadlock_timeout = '20s'; SET lock_timeout = '20s'")
        applying.conn.execute("BEGIN; LOCK TABLE conflict.conflict_chunk")
        yield applying
        applying.conn.execute("ROLLBACK")


def wait_until_the_plan_waits(session: Session) -> None:
    deadline = time.monotonic() + 10
    while not waits_for_a_lock(session, "plan"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_plan_that_is_the_victim_of_a_deadlock_is_made_again(
    database: Postgres,
    session: Session,
    locked_ledger: Session,
    meanwhile: Callable[[Callable[[], str]], Future[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings(session, InProgressFlag=1)
    planned = meanwhile(lambda: plan(database, "SET deadlock_timeout = '500ms'"))
    wait_until_the_plan_waits(session)

    locked_ledger.conn.execute("LOCK TABLE conflict.conflict_cycle; COMMIT")

    assert planned.result(10).startswith("c")
    assert [text.partition("; ")[0] for text in caplog.messages] == [
        "The plan: DeadlockDetected [40P01]: deadlock detected"
    ]
    assert in_progress(session) == 1


def test_a_plan_whose_connection_is_lost_is_made_again_in_the_same_session(
    database: Postgres,
    session: Session,
    locked_ledger: Session,
    meanwhile: Callable[[Callable[[], str]], Future[str]],
) -> None:
    def plan_and_go_on() -> str:
        with database.session("plan") as planning:
            key = run.plan_cycle(planning, WIDE, "run").cycle_key
            assert ledger.require_cycle(planning).cycle_key == key
            return key

    planned = meanwhile(plan_and_go_on)
    wait_until_the_plan_waits(session)
    session.conn.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'conflict_pipeline plan'"""
    )
    locked_ledger.conn.execute("COMMIT")

    assert planned.result(10).startswith("c")
    assert [row["state"] for row in read(session, "conflict_cycle")] == ["open"]
