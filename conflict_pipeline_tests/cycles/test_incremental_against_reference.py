"""Incremental cycles against the reference: they end in the same state as full ones.

This holds whatever happens to an earlier cycle, and whatever changes before, between and during cycles. The
worlds and the changes are the same in every run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.cycles.settings import MODES, CycleSettings
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.changes import CHANGES, Change, Row, nothing, rules_change
from conflict_pipeline_tests.reference import comparison, expected_after_cycle
from conflict_pipeline_tests.reference.comparison import USED, Rows, Tables, differences, read, rows_with_now
from conflict_pipeline_tests.reference.cycle import NOW
from conflict_pipeline_tests.rows import insert
from conflict_pipeline_tests.steps.test_redetect_against_reference import fill, in_zone
from conflict_pipeline_tests.steps.worlds import make_world

# The days of the worlds are fixed: the usual window reaches them, and one of a year does not.
WINDOWS = (*((50, 45),) * 5, (50, 44), (49, 45), (1, 45))
EXAMPLES = hypothesis.settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Result = TypeVar("Result")
REFUSE = """CREATE FUNCTION conflict.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON conflict.conflictvisitmaps
    FOR EACH ROW WHEN (NEW."UpdateFlag" IS NULL) EXECUTE FUNCTION conflict.refuse()"""


class Play:
    """A world, a second one that changes are drawn from, and cycles over the first."""

    def __init__(self, session: Session, other: Session, settings: CycleSettings, zone: str) -> None:
        self.session = session
        self.other = other
        self.settings = settings
        self.zone = ZoneInfo(zone)
        self.random = Random()
        self.spare: dict[str, list[Row]] = {}

    def begin(self, count: int, seed: int) -> None:
        window = ledger.current_window(self.session, self.settings)
        fill(self.session, make_world(count, seed, self.zone, window))
        self.session.conn.execute("TRUNCATE conflict.conflict_visit, conflict.conflict_changed_key")
        self.spare = make_world(count + 1, seed + 1, self.zone, window)
        self.random = Random(f"{count} {seed}")

    def change(self, session: Session, *changes: Change) -> None:
        for change in changes:
            change(session, self.random, self.spare)

    def some_changes(self, least: int = 0) -> list[Change]:
        return [self.random.choice(CHANGES) for _ in range(self.random.randint(least, 4))]

    def disturbed_cycle(self) -> None:
        """Run a cycle that is planned while a transaction is uncommitted; change more while it runs."""
        settings = replace(self.other_settings(), mode="incremental")
        with self.other.transaction():
            self.change(self.other, *self.some_changes())
            plan = run.plan_cycle(self.session, settings, "test")
        middle = len(plan.partition_keys) // 2
        process(self.session, plan.partition_keys[:middle])
        self.change(self.other, *self.some_changes())
        process(self.session, plan.partition_keys[middle:])
        ledger.close_cycle(self.session, plan.cycle_id)

    def broken_off_cycle(self) -> None:
        """Run a cycle in which some chunks complete and some fail while they write."""
        put_back = self.random.choice((lambda: lambda: None, self.exclude))()
        plan = run.plan_cycle(self.session, self.other_settings(), "test")
        keys = self.random.sample(plan.partition_keys, len(plan.partition_keys))
        half = len(keys) // 2
        process(self.session, keys[:half])
        self.change(self.other, *self.some_changes())
        self.session.conn.execute(REFUSE)
        for key in keys[half : half + 2]:
            # A chunk in which no row is redetected does not fail.
            with suppress(PipelineError):
                process(self.session, [key])
        self.session.conn.execute("DROP FUNCTION conflict.refuse CASCADE")
        put_back()

    def exclude(self) -> Callable[[], Any]:
        """Change a list of exclusions; return a function that undoes it."""
        insert(self.other, "excluded_agency", ID=77, ProviderID="p0")
        return lambda: self.other.conn.execute('DELETE FROM conflict.excluded_agency WHERE "ID" = 77')

    def other_settings(self) -> CycleSettings:
        lookback, lookahead = self.random.choice(WINDOWS)
        mode = self.random.choice(MODES)
        return replace(self.settings, mode=mode, lookback_years=lookback, lookahead_days=lookahead)

    def whole_cycle(self) -> None:
        plan = run.plan_cycle(self.session, self.other_settings(), "test")
        process(self.session, plan.partition_keys)
        ledger.close_cycle(self.session, plan.cycle_id)

    def compared_cycle(self) -> tuple[Plan, int]:
        """Require that a cycle leaves what a full one would; return its plan and how many rows it wrote."""
        written = 0

        def do() -> Plan:
            nonlocal written
            plan = run.plan_cycle(self.session, self.settings, "test")
            results = process(self.session, plan.partition_keys)
            ledger.close_cycle(self.session, plan.cycle_id)
            written = sum(comparison.redetect_counts(result).written for result in results)
            return plan

        plan, different = self.compare(do)
        assert written == different
        return plan, written

    def compare(self, do: Callable[[], Plan]) -> tuple[Plan, int]:
        """Require that `do` leaves what a full cycle would; return the plan and how many rows it changes."""
        before = read(self.session, USED)
        now = self.session.conn.execute("SELECT localtimestamp AS now").fetchone()
        assert now is not None
        plan = do()
        window = plan.window
        expected = expected_after_cycle(before, window.window_start, window.window_end, self.zone)
        found = rows_with_now(self.session, now["now"])
        different = allow_old_dates(before, expected.rows, found)
        assert differences(found, expected.rows) == []
        assert found.keys() == expected.rows.keys()
        return plan, different


def process(session: Session, keys: list[str]) -> list[ChunkResult]:
    @contextmanager
    def session_factory() -> Iterator[Session]:
        yield session

    return [process_chunk(session_factory, key, "test") for key in keys]


def allow_old_dates(before: Tables, expected: Rows, found: Rows) -> int:
    """Let unchanged rows keep their "UpdatedDate"; return how many rows change."""
    different = 0
    for row in before["conflictvisitmaps"]:
        after = expected[row["ID"]]
        if {**after, "UpdatedDate": None} != {**row, "UpdatedDate": None}:
            different += 1
        elif after["UpdatedDate"] == NOW and found[row["ID"]]["UpdatedDate"] == row["UpdatedDate"]:
            after["UpdatedDate"] = row["UpdatedDate"]
    return different


@contextmanager
def play_in(database: Postgres, zone: str) -> Iterator[Play]:
    settings = CycleSettings(lookback_years=50, mode="incremental")
    there = in_zone(database, zone)
    with there.session("test") as session, there.session("others") as other:
        yield Play(session, other, settings, zone)


@pytest.fixture
def play(database: Postgres) -> Iterator[Play]:
    with play_in(database, "UTC") as play:
        yield play


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_an_incremental_cycle_leaves_what_a_full_one_would(database: Postgres, zone: str) -> None:
    with play_in(database, zone) as play:

        @EXAMPLES
        @given(st.integers(4, 7), st.integers(0, 2**32), st.sampled_from([10_000, 10]))
        def check(count: int, seed: int, chunk_size: int) -> None:
            play.settings = replace(play.settings, target_chunk_size=chunk_size)
            play.begin(count, seed)
            play.disturbed_cycle()
            for _ in range(2):
                play.change(play.other, *play.some_changes())
                play.random.choice((lambda: None, play.broken_off_cycle, play.whole_cycle))()
                play.change(play.other, *play.some_changes(1))
                plan, _ = play.compared_cycle()
                assert plan.mode == "incremental"

        check()


def test_so_does_the_full_one_that_a_change_of_everything_makes_of_it(play: Play) -> None:
    for seed in range(6):
        play.begin(5, seed)
        play.disturbed_cycle()
        play.change(play.other, rules_change, *play.some_changes())
        play.compared_cycle()


def test_where_nothing_has_changed_nothing_is_looked_at(play: Play) -> None:
    for seed in range(5):
        play.begin(6, seed)
        first, _ = play.compared_cycle()
        play.change(play.other, nothing)

        plan, written = play.compared_cycle()

        assert (first.mode, plan.mode) == ("full", "incremental")
        assert (plan.rows, plan.partition_keys, written) == (0, [], 0)


@pytest.mark.parametrize("change", [*dict.fromkeys(CHANGES)][:-2])
def test_each_change_can_change_what_a_cycle_leaves(play: Play, change: Change) -> None:
    """Otherwise, the tests above could not fail because of it. Deleted rows and no change are left out."""
    for seed in range(40):
        play.begin(6, seed)
        play.compared_cycle()
        play.change(play.other, change)
        _, written = play.compared_cycle()
        if written:
            return
    pytest.fail("in no world")


@pytest.mark.parametrize(
    ("table", "event", "every"),
    [
        ("conflict_changed_row", "INSERT", 5),
        ("conflict_chunk", "INSERT", 2),
        ("conflictvisitmaps", "UPDATE", 2),
        ("conflict_chunk", "UPDATE", 2),
        ("conflict_chunk", "UPDATE", 3),
        ("conflict_cycle", "UPDATE", 1),
    ],
)
def test_a_cycle_whose_connections_die_is_resumed_to_the_same_end(
    database: Postgres, table: str, event: str, every: int
) -> None:
    with play_in(database, "UTC") as play:
        play.settings = replace(play.settings, target_chunk_size=5)
        deaths = 0
        for seed in range(2):
            play.begin(6, seed)
            play.compared_cycle()
            play.change(play.other, *CHANGES)
            die_at_some(play.session, table, event, every)

            play.compare(lambda: until_done(play.session, database, play.settings))

            deaths += died(play.session)
            play.change(play.other, *play.some_changes())
            play.compared_cycle()
        assert deaths > 0


DYING = """CREATE SEQUENCE conflict.writes; CREATE SEQUENCE conflict.deaths;
    CREATE FUNCTION conflict.die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('conflict.writes') % {every} = 0 AND nextval('conflict.deaths') <= 3 THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
            PERFORM pg_sleep(10);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER die AFTER {event} ON conflict.{table} FOR EACH ROW EXECUTE FUNCTION conflict.die()"""


def die_at_some(session: Session, table: str, event: str, every: int) -> None:
    """Let up to three sessions die while they write a row of the table."""
    session.conn.execute(DYING.format(table=table, event=event, every=every).encode())


def died(session: Session) -> int:
    """Return how many sessions have died, and let no more die."""
    row = session.conn.execute("SELECT is_called::int * last_value AS deaths FROM conflict.deaths").fetchone()
    assert row is not None
    session.conn.execute(
        "DROP FUNCTION conflict.die CASCADE; DROP SEQUENCE conflict.writes; DROP SEQUENCE conflict.deaths"
    )
    return int(row["deaths"])


def until_done(session: Session, database: Postgres, settings: CycleSettings) -> Plan:
    """Plan, process and close the cycle; repeat each part whose connection dies, as the jobs do."""
    plan = again(lambda work: run.plan_cycle(work, settings, "test"), database)
    for key in plan.partition_keys:
        with suppress(PipelineError):  # where the connection of each attempt dies
            process_chunk(lambda: database.session("test"), key, "test", retry_delay=0)
    for key in plan.partition_keys:
        process_chunk(lambda: database.session("test"), key, "test", retry_delay=0)
    again(lambda work: ledger.close_cycle(work, plan.cycle_id), database)
    assert ledger.require_cycle(session).state == "completed"
    return plan


def again(work: Callable[[Session], Result], database: Postgres) -> Result:
    for _ in range(3):
        with suppress(psycopg.OperationalError), database.session("test") as session:
            return work(session)
    with database.session("test") as session:
        return work(session)
