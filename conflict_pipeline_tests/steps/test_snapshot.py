import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.model import Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline.steps.snapshot import InProgress, ReminderCounts
from conflict_pipeline_tests.rows import WIDE, change, clear, insert, pair, provider, read, settings


@pytest.fixture
def world(session: Session) -> Session:
    """Two rows with their parent, a settings row, and an old snapshot of one row."""
    settings(session)
    insert(session, "conflicts", CONFLICTID=7)
    for number in (1, 2):
        pair(session, number)
    insert(session, "conflictvisitmaps_temp", ID=99)
    return session


def in_progress(session: Session) -> int:
    return int(read(session, "settings")[0]["InProgressFlag"])


def snapshot_ids(session: Session) -> list[int]:
    return [int(row["ID"]) for row in read(session, "conflictvisitmaps_temp")]


def forbid_snapshots(session: Session) -> None:
    session.conn.execute('ALTER TABLE conflict.conflictvisitmaps_temp ADD CHECK ("ID" <> 2)')


def test_the_snapshot_is_replaced_as_a_whole(world: Session) -> None:
    window = ledger.current_window(world, WIDE)

    taken = snapshot.take_snapshot(world, window)

    assert (taken.window, taken.rows) == (window, 2)
    assert snapshot_ids(world) == [1, 2]


def test_again_gives_the_same(world: Session) -> None:
    window = ledger.current_window(world, WIDE)

    counts = [snapshot.take_snapshot(world, window).rows for _ in range(2)]

    assert counts == [2, 2]
    assert snapshot_ids(world) == [1, 2]


@pytest.mark.parametrize("scope", ["full", "changed"])
def test_readers_see_the_old_snapshot_until_the_new_one_is_whole(
    database: Postgres, world: Session, scope: str
) -> None:
    window = ledger.current_window(world, WIDE)
    snapshot.take_snapshot(world, window)
    pair(world, 3)
    change(world, "conflictvisitmaps", SSN="900000009")

    with database.session("reader") as reader, ThreadPoolExecutor(1) as thread:
        reader.conn.execute("SET lock_timeout = '100ms'")
        with held_up(world, "INSERT"):
            work = thread.submit(lambda: take_in_a_session(database, window, scope))
            wait_until_held_up(reader)
            before = snapshot_ids(reader)
        work.result()
        after = snapshot_ids(reader)

    assert (before, after) == ([1, 2], [1, 2, 3])


def take_in_a_session(database: Postgres, window: Window, scope: str) -> None:
    with database.session("snapshot") as session:
        snapshot.take_snapshot(session, window, scope)


@contextmanager
def held_up(session: Session, event: str) -> Iterator[None]:
    """Whoever does this to a row of the snapshot has to wait, as long as this lasts."""
    session.conn.execute(
        f"""CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
        CREATE TRIGGER hold_up AFTER {event} ON conflict.conflictvisitmaps_temp
        FOR EACH ROW EXECUTE FUNCTION hold_up()""".encode()
    )
    session.conn.execute("SELECT pg_advisory_lock(1)")
    try:
        yield
    finally:
        session.conn.execute("SELECT pg_advisory_unlock(1)")


def wait_until_held_up(session: Session) -> None:
    waiting = """SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    for _ in range(500):
        if session.conn.execute(waiting).rowcount:
            return
        time.sleep(0.02)
    pytest.fail("nobody waits")


def test_a_failure_leaves_the_old_snapshot_and_ends_the_waiting(world: Session) -> None:
    forbid_snapshots(world)

    with pytest.raises(psycopg.errors.CheckViolation):
        snapshot.take_snapshot(world, ledger.current_window(world, WIDE))

    assert snapshot_ids(world) == [99]
    assert in_progress(world) == InProgress.ENDED


def test_others_are_told_to_wait_before_the_copying_starts(database: Postgres, world: Session) -> None:
    with database.session("application") as application, snapshot.please_wait(world):
        assert in_progress(application) == InProgress.PLEASE_WAIT


def test_the_waiting_goes_on_after_the_snapshot(world: Session) -> None:
    snapshot.take_snapshot(world, ledger.current_window(world, WIDE))

    assert in_progress(world) == InProgress.PLEASE_WAIT


def test_an_error_within_please_wait_is_not_hidden_by_a_lost_connection(database: Postgres) -> None:
    def work() -> None:
        with database.session("task_01") as session, snapshot.please_wait(session):
            session.conn.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_reminders_are_inserted_and_refreshed_and_counted(session: Session) -> None:
    insert(session, "dimpayer", **{"Payer Id": "y1", "Payer Name": "new"})
    for name in ("p1", "p2"):
        provider(session, name, **{"Provider Name": "new"})
        insert(session, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": name})
    insert(session, "payer_provider_reminders", PayerID="y1", ProviderID="p1", Contract="old")

    counts = [snapshot.refresh_reminders(session) for _ in range(2)]

    assert counts == [ReminderCounts(inserted=1, refreshed=1), ReminderCounts(inserted=0, refreshed=0)]
    assert {row["Contract"] for row in read(session, "payer_provider_reminders")} == {"new"}


def test_reminders_are_inserted_and_refreshed_or_neither(session: Session) -> None:
    insert(session, "dimpayer", **{"Payer Id": "y1", "Payer Name": "new"})
    for name in ("p1", "p2"):
        provider(session, name, **{"Provider Name": "new"})
        insert(session, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": name})
    old = insert(session, "payer_provider_reminders", PayerID="y1", ProviderID="p1", Contract="old")
    session.conn.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON conflict.payer_provider_reminders EXECUTE FUNCTION refuse()"""
    )

    with pytest.raises(psycopg.errors.RaiseException):
        snapshot.refresh_reminders(session)

    assert read(session, "payer_provider_reminders") == [old]


@pytest.mark.parametrize("rows", [0, 2])
def test_the_flag_needs_no_settings_row_and_takes_several(session: Session, rows: int) -> None:
    clear(session, "settings")
    for number in range(rows):
        settings(session, ID=number)
    change(session, "settings", InProgressFlag=None)

    snapshot.set_in_progress(session, InProgress.PLEASE_WAIT)

    assert [row["InProgressFlag"] for row in read(session, "settings")] == [1] * rows
