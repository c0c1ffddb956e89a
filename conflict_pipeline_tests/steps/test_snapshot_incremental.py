"""A snapshot that is brought up to date is what a new one would be, but for CreatedDate of rows that stay."""

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Mode, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.snapshot import take_snapshot
from conflict_pipeline_tests.rows import SSN, Row, band, insert, pair, provider, read, settings, visit
from conflict_pipeline_tests.small_cycles import cycle_of, do

WINDOW = Window(date(2024, 3, 2), date(2026, 4, 16))
CYCLE = CycleSettings(lookback_years=50)
# Rows 1 to 4 are of parents 7, 8, 7 and none; rows 5 and 6 of the first and the last day of the window.
CHANGES = {
    "nothing": "SELECT",
    "the application waits": 'UPDATE conflict.settings SET "InProgressFlag" = 1',
    "a row is changed": """UPDATE conflict.conflictvisitmaps SET "AideName" = 'new' WHERE "ID" = 2""",
    "a row gets its old values": 'UPDATE conflict.conflictvisitmaps SET "ID" = "ID"',
    "a row is deleted": 'DELETE FROM conflict.conflictvisitmaps WHERE "ID" IN (2, 4)',
    "every row is deleted": "DELETE FROM conflict.conflictvisitmaps",
    "a row is inserted": """INSERT INTO conflict.conflictvisitmaps ("ID", "CONFLICTID", "VisitDate")
        VALUES (9, 7, '2026-03-02'), (10, 99, '2026-03-02'), (11, 7, '1990-01-01')""",
    "a row is replaced": """WITH gone AS (DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 1 RETURNING *)
        INSERT INTO conflict.conflictvisitmaps ("ID", "CONFLICTID", "VisitDate")
        SELECT 9, 7, '2026-03-02' FROM gone""",
    "a row leaves the window": """UPDATE conflict.conflictvisitmaps SET "VisitDate" = NULL WHERE "ID" = 2""",
    "a row loses its parent": 'UPDATE conflict.conflictvisitmaps SET "CONFLICTID" = NULL WHERE "ID" = 1',
    "a row gets a parent": 'UPDATE conflict.conflictvisitmaps SET "CONFLICTID" = 8 WHERE "ID" = 4',
    "a parent is changed": """UPDATE conflict.conflicts SET "StatusFlag" = 'D' WHERE "CONFLICTID" = 7""",
    "a parent is deleted": 'DELETE FROM conflict.conflicts WHERE "CONFLICTID" = 7',
    "a missing parent is inserted": 'INSERT INTO conflict.conflicts ("CONFLICTID") VALUES (9)',
    "the rows are emptied": "TRUNCATE conflict.conflictvisitmaps",
    "the parents are emptied": "TRUNCATE conflict.conflicts",
    "the snapshot is emptied": "TRUNCATE conflict.conflictvisitmaps_temp",
    "the rows are rewritten": "VACUUM FULL conflict.conflictvisitmaps",
    "a column is added": """ALTER TABLE conflict.conflictvisitmaps ADD COLUMN new text DEFAULT 'new'""",
}
MOVES = {
    "stays": (0, 0),
    "a day on": (1, 1),
    "a day back": (-1, -1),
    "is wider": (-1, 1),
    "is narrower": (1, -1),
    "is elsewhere": (1000, 1000),
}


@pytest.fixture
def world(session: Session) -> Session:
    """Six rows of which one has no parent and one has one that is not there; and their snapshot."""
    settings(session)
    for number in (7, 8):
        insert(session, "conflicts", CONFLICTID=number, StatusFlag="N")
    for number, parent in enumerate((7, 8, 9, None), start=1):
        pair(session, number, CONFLICTID=parent)
    pair(session, 5, VisitDate=WINDOW.window_start)
    pair(session, 6, VisitDate=WINDOW.window_end)
    for number, day in ((7, WINDOW.window_start), (8, WINDOW.window_end)):
        pair(session, number, VisitDate=day + timedelta(days=(1 if number == 8 else -1)))
    take(session)
    return session


def take(session: Session, window: Window = WINDOW, mode: Mode = "full") -> int:
    """Take the snapshot; return how many rows were copied."""
    with session.transaction():
        return take_snapshot(session, cycle_of(window, mode)).copied


def update(session: Session, window: Window = WINDOW) -> int:
    return take(session, window, "incremental")


def snapshot_rows(session: Session) -> list[Row]:
    return [{**row, "CreatedDate": None} for row in read(session, "conflictvisitmaps_temp")]


def versions(session: Session) -> list[Row]:
    """Where each row of the snapshot is, and who wrote it."""
    query = 'SELECT "ID", ctid::text, xmin::text FROM conflict.conflictvisitmaps_temp ORDER BY 1'
    return session.conn.execute(query).fetchall()


def require_the_same_as_a_new_one(session: Session, window: Window = WINDOW) -> None:
    found = snapshot_rows(session)
    take(session, window)
    assert found == snapshot_rows(session)


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_whatever_has_changed_it_is_what_a_new_one_would_be(world: Session, statement: str) -> None:
    world.conn.execute(statement.encode())

    update(world)

    require_the_same_as_a_new_one(world)


@pytest.mark.parametrize(("days_from", "days_to"), MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("statement", [CHANGES["nothing"], CHANGES["a row is changed"]])
def test_wherever_the_window_has_moved_too(
    world: Session, statement: str, days_from: int, days_to: int
) -> None:
    world.conn.execute(statement.encode())
    window = Window(
        WINDOW.window_start + timedelta(days=days_from), WINDOW.window_end + timedelta(days=days_to)
    )

    update(world, window)

    require_the_same_as_a_new_one(world, window)


def test_several_in_a_row_too(world: Session) -> None:
    for number, statement in enumerate(list(CHANGES.values())[:14]):
        world.conn.execute(statement.encode())
        update(world, replace(WINDOW, window_end=WINDOW.window_end + timedelta(days=number)))

    require_the_same_as_a_new_one(world, replace(WINDOW, window_end=WINDOW.window_end + timedelta(days=13)))


def test_where_nothing_has_changed_nothing_is_copied_or_written(world: Session) -> None:
    before = versions(world)

    rows = update(world)

    assert (rows, versions(world)) == (0, before)
    assert len(before) == 4


def test_only_rows_that_have_changed_are_copied_and_written(world: Session) -> None:
    before = versions(world)
    world.conn.execute(CHANGES["a row is changed"].encode())

    rows = update(world)

    assert rows == 1
    assert [row["ID"] for row in versions(world) if row not in before] == [2]


def test_what_chunks_have_written_is_in(database: Postgres, world: Session) -> None:
    band(world, 1, 0, 20_000, 30)
    insert(world, "dimcaregiver", **{"Caregiver Id": "c1", "SSN": SSN})
    for name in ("v1", "v2"):
        provider(world, name.replace("v", "p"))
        visit(world, name, scheduled=("09:00", "11:00"))
    plan = run.plan_cycle(world, CYCLE, "run")
    do(database, *plan.partition_keys)

    # Also the two whose visits are in the window, though they themselves were not.
    assert update(world) == 6
    assert {row["ConStatusFlag"] for row in snapshot_rows(world)} == {"U"}
    require_the_same_as_a_new_one(world)


def test_what_a_transaction_writes_that_was_at_work_meanwhile_is_in_the_next(
    database: Postgres, world: Session
) -> None:
    with database.session("other") as other:
        with other.transaction():
            other.conn.execute(CHANGES["a row is changed"].encode())
            other.conn.execute('DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 5')
            assert update(world) == 0
        assert update(world) == 1

    require_the_same_as_a_new_one(world)


@pytest.mark.parametrize("state", ["no snapshot was taken", "an old version's snapshot"])
def test_without_a_snapshot_that_is_known_a_new_one_is_taken(session: Session, state: str) -> None:
    settings(session)
    insert(session, "conflicts", CONFLICTID=7)
    pair(session, 1)
    if state == "an old version's snapshot":
        insert(session, "conflictvisitmaps_temp", ID=99)

    assert update(session) == 1
    assert [row["ID"] for row in snapshot_rows(session)] == [1]


def test_a_failure_leaves_the_old_one_and_the_next_has_all(world: Session) -> None:
    before = versions(world)
    world.conn.execute(CHANGES["a row is changed"].encode())
    world.conn.execute("""ALTER TABLE conflict.conflictvisitmaps_temp ADD CHECK ("AideName" <> 'new')""")

    with pytest.raises(psycopg.errors.CheckViolation):
        update(world)

    assert versions(world) == before
    world.conn.execute("""UPDATE conflict.conflictvisitmaps SET "AideName" = 'newer' WHERE "ID" = 2""")
    update(world)
    require_the_same_as_a_new_one(world)


def test_a_full_one_can_be_brought_up_to_date_later(world: Session) -> None:
    world.conn.execute(CHANGES["a row is changed"].encode())
    take(world)

    assert update(world) == 0
