"""Random changes by every path that Postgres has: each is seen, or makes the next cycle a full one.

After each incremental cycle a full one, which is rolled back, changes nothing; nor would a full snapshot
differ from the incremental one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Cycle, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import VISITS
from conflict_pipeline.steps import steps_before_plan
from conflict_pipeline.steps.snapshot import take_snapshot
from conflict_pipeline_tests.changes import (
    CHANGES,
    DIMENSIONS,
    NAMED_BY,
    Row,
    nothing,
    visit_is_deleted,
)
from conflict_pipeline_tests.cycles.test_incremental_against_reference import process
from conflict_pipeline_tests.reference.comparison import redetect_counts
from conflict_pipeline_tests.rows import insert, read
from conflict_pipeline_tests.steps.test_redetect_against_reference import fill
from conflict_pipeline_tests.steps.worlds import make_world

SETTINGS = CycleSettings(lookback_years=50, mode="incremental")
# Several worlds side by side, each with rows of its own in all dimensions, so that most changes concern few
# rows.
WORLDS, VISITS_EACH, ROWS_EACH = 12, 12, 50
IDS = ("Visit Id", "Payer Patient Id", *NAMED_BY.values(), "Patient Id", "Patient Address Id", "User Id")
TRACKED = (VISITS, *DIMENSIONS)
PARTITIONS = f"""
    ALTER TABLE analytics.{VISITS} RENAME TO whole;
    CREATE TABLE analytics.{VISITS} (LIKE analytics.whole) PARTITION BY RANGE ("Visit Date");
    DROP TABLE analytics.whole;
    CREATE TABLE analytics.spring PARTITION OF analytics.{VISITS}
    FOR VALUES FROM (MINVALUE) TO ('2025-07-01');
    CREATE TABLE analytics.other PARTITION OF analytics.{VISITS} DEFAULT"""
ENABLE = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
OUR_TRIGGERS = """SELECT tgname, tgenabled::text, tgparentid FROM pg_trigger
    WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgparentid = 0"""


class Fuzz:
    """Small worlds, two writers, and cycles."""

    def __init__(self, database: Postgres, seed: int, *, partitioned: bool) -> None:
        self.stack = ExitStack()
        names = ("test", "writer", "another writer")
        self.session, *self.writers = (self.stack.enter_context(database.session(name)) for name in names)
        self.random = Random(seed)
        self.partitioned = partitioned
        window = ledger.current_window(self.session, SETTINGS)
        world = make_worlds(seed, window)
        if partitioned:
            self.session.conn.execute(PARTITIONS.encode())
            apply_schema(self.session, loads=False)
        fill(self.session, world)
        for number in (7, 8):
            insert(self.session, "conflicts", CONFLICTID=number, StatusFlag="U")
        self.spare = make_world(VISITS_EACH + 1, seed - 1, ZoneInfo("UTC"), window)

    def writer(self) -> Session:
        return self.random.choice(self.writers)

    def change(self, session: Session) -> None:
        self.random.choice(CHANGES)(session, self.random, self.spare)

    def change_uncommitted(self, session: Session) -> None:
        """Change what the steps before the plan do not write."""
        changes = [change for change in CHANGES if change is not nothing]
        self.random.choice(changes)(session, self.random, self.spare)

    def delete(self, session: Session, table: str) -> None:
        """Delete one row of the table."""
        statement = (
            "DELETE FROM {0} WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM {0} OFFSET {1} LIMIT 1)"
        )
        name = sql.Identifier("analytics", table)
        session.conn.execute(sql.SQL(statement).format(name, sql.Literal(self.random.randrange(5))))

    def cycle(self, *, after_plan: Callable[[], Any] | None = None) -> tuple[str, str, int]:
        """Run a cycle; unless changes are committed after its plan, require that a full one changes nothing.

        Returns its mode, its reason and the number of rows that it looked at.
        """
        cycle = run.open_or_resume(self.session, SETTINGS, "test", new_cycle=True, max_age_hours=24)
        for step in steps_before_plan():
            run.run_step(self.session, step, cycle, "test")
        self.require_right_snapshot(cycle)
        plan = run.plan_cycle(self.session, SETTINGS, "test")
        if after_plan:
            after_plan()
        process(self.session, plan.partition_keys)
        run.finish(self.session)
        if not after_plan:
            self.require_right_rows()
        return plan.mode, plan.mode_reason, plan.rows

    def require_right_rows(self) -> None:
        with self.session.transaction(force_rollback=True):
            plan = run.plan_cycle(self.session, replace(SETTINGS, mode="full"), "test")
            results = process(self.session, plan.partition_keys)
            assert sum(redetect_counts(result).written for result in results) == 0

    def require_right_snapshot(self, cycle: Cycle) -> None:
        found = self.snapshot()
        with self.session.transaction(force_rollback=True):
            take_snapshot(self.session, replace(cycle, mode="full"))
            assert self.snapshot() == found

    def snapshot(self) -> list[Row]:
        return [{**row, "CreatedDate": None} for row in read(self.session, "conflictvisitmaps_temp")]


def make_worlds(seed: int, window: Window) -> dict[str, list[Row]]:
    """Rows by table, of WORLDS worlds whose ids differ; rules and exclusions are those of the first."""
    worlds = [make_world(VISITS_EACH, seed + number, ZoneInfo("UTC"), window) for number in range(WORLDS)]
    together = dict(worlds[0])
    for table in (VISITS, *DIMENSIONS):
        together[table] = [
            with_ids(row, IDS, number) for number, world in enumerate(worlds) for row in world[table]
        ]
    pairs = [
        with_ids(row, ("VisitID", "ConVisitID"), number)
        for number, world in enumerate(worlds)
        for row in Random(seed).sample(world["conflictvisitmaps"], ROWS_EACH)
    ]
    together["conflictvisitmaps"] = [{**pair, "ID": number} for number, pair in enumerate(pairs, start=1)]
    return together


def with_ids(row: Row, names: tuple[str, ...], world: int) -> Row:
    ids = {name: f"{row[name][:45]}-{world}" for name in names if row.get(name) is not None}
    return {**row, **ids}


# Each makes changes, and returns whether the next cycle has to be a full one.
Path = Callable[[Fuzz], bool]


def directly(fuzz: Fuzz) -> bool:
    fuzz.change(fuzz.writer())
    return False


def under_a_savepoint(fuzz: Fuzz) -> bool:
    writer = fuzz.writer()
    with writer.transaction():
        fuzz.change(writer)
        with writer.transaction():
            fuzz.change(writer)
        with writer.transaction(force_rollback=True):
            fuzz.change(writer)
    return False


def as_replication_does(fuzz: Fuzz) -> bool:
    writer = fuzz.writer()
    with writer.transaction():
        writer.conn.execute("SET LOCAL session_replication_role = replica")
        fuzz.change(writer)
        fuzz.delete(writer, fuzz.random.choice(TRACKED))
    return False


def while_triggers_are_disabled(fuzz: Fuzz) -> bool:
    writer, name = fuzz.writer(), fuzz.random.choice(TRACKED)
    triggers = writer.conn.execute(OUR_TRIGGERS, [f"analytics.{name}"]).fetchall()
    with writer.transaction():
        for trigger in triggers:
            alter(writer, name, "DISABLE", trigger["tgname"])
        fuzz.delete(writer, name)
        for trigger in triggers:
            alter(writer, name, ENABLE[trigger["tgenabled"]], trigger["tgname"])
    return True


def alter(session: Session, table: str, verb: str, trigger: str) -> None:
    session.conn.execute(f"ALTER TABLE analytics.{table} {verb} TRIGGER {trigger}".encode())


def while_triggers_are_dropped(fuzz: Fuzz) -> bool:
    writer, name = fuzz.writer(), fuzz.random.choice(TRACKED)
    for trigger in writer.conn.execute(OUR_TRIGGERS, [f"analytics.{name}"]).fetchall():
        writer.conn.execute(f"DROP TRIGGER {trigger['tgname']} ON analytics.{name}".encode())
    fuzz.delete(writer, name)
    apply_schema(writer, loads=False)
    return True


def while_a_table_is_renamed(fuzz: Fuzz) -> bool:
    writer, name = fuzz.writer(), fuzz.random.choice(TRACKED)
    writer.conn.execute(f"ALTER TABLE analytics.{name} RENAME TO renamed".encode())
    fuzz.delete(writer, "renamed")
    writer.conn.execute(f"ALTER TABLE analytics.renamed RENAME TO {name}".encode())
    return False


def while_the_schema_is_renamed(fuzz: Fuzz) -> bool:
    writer = fuzz.writer()
    writer.conn.execute("ALTER SCHEMA conflict RENAME TO renamed")
    fuzz.delete(writer, fuzz.random.choice(TRACKED))
    writer.conn.execute("ALTER SCHEMA renamed RENAME TO conflict")
    return False


def of_a_parent(fuzz: Fuzz) -> bool:
    """Of the snapshot's rows; also as replication does."""
    writer = fuzz.writer()
    with writer.transaction():
        if fuzz.random.random() < 0.5:
            writer.conn.execute("SET LOCAL session_replication_role = replica")
        writer.conn.execute(
            fuzz.random.choice(
                (
                    b"""UPDATE conflict.conflicts SET "StatusFlag" = 'R' WHERE "CONFLICTID" = 8""",
                    b"""DELETE FROM conflict.conflicts WHERE "CONFLICTID" = 8""",
                    b"""UPDATE conflict.conflicts SET "CONFLICTID" = 9 WHERE "CONFLICTID" = 8""",
                    b"""INSERT INTO conflict.conflicts ("CONFLICTID") SELECT 8
                    WHERE NOT EXISTS (SELECT FROM conflict.conflicts WHERE "CONFLICTID" = 8)""",
                )
            )
        )
    return False


def with_vacuum(fuzz: Fuzz) -> bool:
    fuzz.change(fuzz.writer())
    fuzz.writer().conn.execute("VACUUM (FREEZE)")
    return False


def by_a_rewrite(fuzz: Fuzz) -> bool:
    fuzz.writer().conn.execute(f"VACUUM FULL analytics.{fuzz.random.choice(DIMENSIONS)}".encode())
    return True


def by_a_restore(fuzz: Fuzz) -> bool:
    fuzz.writer().conn.execute(
        "UPDATE conflict.conflict_cycle SET closed_at = closed_at WHERE state = 'completed'"
    )
    return True


def by_tampering(fuzz: Fuzz) -> bool:
    name = fuzz.random.choice(("conflict_visit", "conflict_changed_key"))
    with pytest.raises(psycopg.errors.RaiseException):
        fuzz.writer().conn.execute(f"DELETE FROM conflict.{name}".encode())
    fuzz.delete(fuzz.writer(), fuzz.random.choice(TRACKED))
    fuzz.writer().conn.execute(f"TRUNCATE conflict.{name}".encode())
    return True


def in_a_partition(fuzz: Fuzz) -> bool:
    if fuzz.partitioned:
        fuzz.delete(fuzz.writer(), "spring")
    return False


def in_a_detached_partition(fuzz: Fuzz) -> bool:
    if not fuzz.partitioned:
        return False
    writer = fuzz.writer()
    writer.conn.execute(f"ALTER TABLE analytics.{VISITS} DETACH PARTITION analytics.spring".encode())
    if fuzz.random.random() < 0.5:
        writer.conn.execute("SET session_replication_role = replica")
    fuzz.delete(writer, "spring")
    writer.conn.execute("RESET session_replication_role")
    writer.conn.execute(
        f"""ALTER TABLE analytics.{VISITS} ATTACH PARTITION analytics.spring
        FOR VALUES FROM (MINVALUE) TO ('2025-07-01')""".encode()
    )
    return True


FORCING: tuple[Path, ...] = (
    while_triggers_are_disabled,
    while_triggers_are_dropped,
    by_a_rewrite,
    by_a_restore,
    by_tampering,
    in_a_detached_partition,
)
PATHS: tuple[Path, ...] = (
    *(directly,) * 4,
    under_a_savepoint,
    *(as_replication_does,) * 3,
    while_a_table_is_renamed,
    while_the_schema_is_renamed,
    of_a_parent,
    with_vacuum,
    *(in_a_partition,) * 2,
)


@contextmanager
def uncommitted(fuzz: Fuzz) -> Iterator[Callable[[], Any]]:
    """Make changes in a transaction that is open or prepared; yield what commits it."""
    writer = fuzz.writer()
    writer.conn.execute("BEGIN")
    for _ in range(2):
        fuzz.change_uncommitted(writer)
    visit_is_deleted(writer, fuzz.random, fuzz.spare)
    if fuzz.random.random() < 0.5:
        writer.conn.execute("PREPARE TRANSACTION 'prepared'")
        yield lambda: fuzz.session.conn.execute("COMMIT PREPARED 'prepared'")
    else:
        yield lambda: writer.conn.execute("COMMIT")


def play(database: Postgres, seed: int, *, partitioned: bool, cycles: int) -> list[float]:
    """Compare this many incremental cycles with full ones; return the share of rows that each looked at."""
    fuzz = Fuzz(database, seed, partitioned=partitioned)
    shares: list[float] = []
    with fuzz.stack:
        assert fuzz.cycle()[0] == "full"
        while len(shares) < cycles:
            must_be_full = False
            if fuzz.random.random() < 0.5:
                with uncommitted(fuzz) as commit:
                    fuzz.cycle(after_plan=commit)
            used = [fuzz.random.choice(PATHS) for _ in range(fuzz.random.randint(1, 3))]
            if fuzz.random.random() < 0.25:
                used.append(fuzz.random.choice(FORCING))
            for path in used:
                must_be_full |= path(fuzz)
            mode, reason, rows = fuzz.cycle()
            assert (mode == "full") is must_be_full, (reason, used)
            if mode == "incremental":
                shares.append(rows / (WORLDS * ROWS_EACH))
    return shares


@pytest.mark.parametrize("partitioned", [False, True])
def test_changes_by_any_path_are_seen_or_make_the_cycle_a_full_one(
    database: Postgres, partitioned: bool
) -> None:
    play(database, 1, partitioned=partitioned, cycles=2)


@pytest.mark.services
@pytest.mark.parametrize(("seed", "partitioned"), [(2, False), (3, True)])
def test_so_they_are_in_fifty_incremental_cycles(database: Postgres, seed: int, partitioned: bool) -> None:
    shares = play(database, seed, partitioned=partitioned, cycles=25)

    assert sum(shares) / len(shares) < 0.1
