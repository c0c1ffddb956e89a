"""Step snapshot: what other sessions see while it is replaced, and after a failure."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.model import Mode
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.snapshot import SnapshotCounts, take_snapshot
from conflict_pipeline_tests.rows import WIDE, change, insert, pair, read, settings
from conflict_pipeline_tests.small_cycles import cycle_of


@pytest.fixture
def world(session: Session) -> Session:
    """Two rows with their parent, a settings row, and an old snapshot of one row."""
    settings(session)
    insert(session, "conflicts", CONFLICTID=7)
    for number in (1, 2):
        pair(session, number)
    insert(session, "conflictvisitmaps_temp", ID=99)
    return session


def take(session: Session, mode: Mode = "full") -> SnapshotCounts:
    cycle = cycle_of(ledger.current_window(session, WIDE), mode)
    with session.transaction():
        return take_snapshot(session, cycle)


def snapshot_ids(session: Session) -> list[int]:
    return [int(row["ID"]) for row in read(session, "conflictvisitmaps_temp")]


def test_the_snapshot_is_replaced_as_a_whole(world: Session) -> None:
    assert take(world) == SnapshotCounts(copied=2)
    assert snapshot_ids(world) == [1, 2]


def test_a_second_snapshot_is_the_same(world: Session) -> None:
    assert [take(world).copied for _ in range(2)] == [2, 2]
    assert snapshot_ids(world) == [1, 2]


@pytest.mark.parametrize("mode", ["full", "incremental"])
def test_readers_see_the_old_snapshot_until_the_new_one_is_whole(
    database: Postgres, world: Session, mode: Mode
) -> None:
    take(world)
    pair(world, 3)
    change(world, "conflictvisitmaps", SSN="900000009")

    with database.session("reader") as reader, ThreadPoolExecutor(1) as thread:
        reader.conn.execute("SET lock_timeout = '100ms'")
        with held_up(world, "INSERT"):
            work = thread.submit(lambda: take_in_a_session(database, mode))
            wait_until_held_up(reader)
            before = snapshot_ids(reader)
        work.result()
        after = snapshot_ids(reader)

    assert (before, after) == ([1, 2], [1, 2, 3])


def take_in_a_session(database: Postgres, mode: Mode) -> None:
    with database.session("snapshot") as session:
        take(session, mode)


@contextmanager
def held_up(session: Session, event: str) -> Iterator[None]:
    """A session that does this to a row of the snapshot waits until the end of the block."""
    session.conn.execute(
        f"""CREATE FUNCTION conflict.hold_up() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$;
        CREATE TRIGGER hold_up AFTER {event} ON conflict.conflictvisitmaps_temp
        FOR EACH ROW EXECUTE FUNCTION conflict.hold_up()""".encode()
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
    pytest.fail("no session waits")


def test_a_failure_leaves_the_old_snapshot(world: Session) -> None:
    world.conn.execute('ALTER TABLE conflict.conflictvisitmaps_temp ADD CHECK ("ID" <> 2)')

    with pytest.raises(psycopg.errors.CheckViolation):
        take(world)

    assert snapshot_ids(world) == [99]
