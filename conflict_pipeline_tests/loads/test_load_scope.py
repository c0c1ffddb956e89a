"""What a load does to the scope of the next cycle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.upstream import DELETED, VISITS, Upstream, upstream
from conflict_pipeline_tests.rows import WIDE, pair, read, small_world
from conflict_pipeline_tests.small_cycles import do

__all__ = ["upstream"]  # fixture

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGED = replace(WIDE, mode="incremental")
DIMENSION = "dimcaregiver"


def run_cycle(database: Postgres, session: Session) -> Plan:
    plan = run.plan_cycle(session, CHANGED, "run")
    do(database, *plan.partition_keys)
    ledger.close_cycle(session, plan.cycle_id)
    return plan


def scope(database: Postgres, session: Session) -> tuple[str, int]:
    plan = run_cycle(database, session)
    return plan.mode, plan.rows


@pytest.fixture
def based(upstream: Upstream, session: Session) -> Upstream:
    """v1 to v4 were loaded, and a cycle has seen them; rows 1 to 4 are each of one of them and `later`."""
    small_world(session)
    upstream.take(session, DIMENSION)
    for number in range(1, 5):
        upstream.visit(f"v{number}", updated=NOON - number * HOUR)
        pair(session, number, VisitID=f"v{number}", ConVisitID="later" if number == 4 else "unknown")
    for name in (VISITS, DELETED, DIMENSION):
        upstream.load(name)
    run(upstream.database, session)
    return upstream


def test_a_full_load_of_visits_makes_the_next_scope_full(based: Upstream, session: Session) -> None:
    assert based.load(full=True).mode == "full"

    assert scope(based.database, session) == ("full", 4)
    assert scope(based.database, session) == ("changed", 0)


def test_an_incremental_load_that_brings_nothing_leaves_nothing_to_look_at(
    based: Upstream, session: Session
) -> None:
    before = read(session, "load_watermark")
    assert based.load().mode == "incremental"

    assert scope(based.database, session) == ("changed", 0)
    assert [row["whole_at"] for row in read(session, "load_watermark")] == [row["whole_at"] for row in before]


def test_a_visit_that_it_changes_is_looked_at(based: Upstream, session: Session) -> None:
    based.change("v2", updated=NOON + HOUR)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


def test_one_that_it_brings_is(based: Upstream, session: Session) -> None:
    based.visit("later", updated=NOON + HOUR)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


@pytest.mark.parametrize("late", [HOUR, 23 * HOUR])
def test_one_that_comes_late_is(based: Upstream, session: Session, late: timedelta) -> None:
    based.visit("later", updated=NOON - late)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


def test_one_that_comes_late_after_others_have_gone_on_is(based: Upstream, session: Session) -> None:
    based.change("v2", updated=NOON + 20 * HOUR)
    based.load()
    run(based.database, session)
    based.visit("later", updated=NOON + HOUR)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


def test_one_that_it_removes_is(based: Upstream, session: Session) -> None:
    based.move("v3", to=DELETED, updated=NOON + HOUR)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


def test_one_that_comes_back_is(based: Upstream, session: Session) -> None:
    based.move("v3", to=DELETED, updated=NOON + HOUR)
    for name in (VISITS, DELETED):
        based.load(name)
    run(based.database, session)
    based.move("v3", to=VISITS, updated=NOON + 2 * HOUR)
    based.load()

    assert scope(based.database, session) == ("changed", 1)


def test_a_dimension_that_is_loaded_as_it_was_concerns_no_row(based: Upstream, session: Session) -> None:
    based.load(DIMENSION)

    assert scope(based.database, session) == ("changed", 0)


def test_one_row_of_it_that_has_changed_concerns_the_rows_of_its_visits(
    based: Upstream, session: Session
) -> None:
    based.change("v1", updated=NOON + HOUR)
    based.load()
    session.conn.execute(
        """UPDATE analytics.factvisitcallperformance_cr SET "Caregiver Id" = 'c1' WHERE "Visit Id" = 'v1'"""
    )
    run(based.database, session)
    based.run("""UPDATE dimcaregiver SET "Caregiver Code" = 'new' WHERE "Caregiver Id" = 'c1'""")
    based.load(DIMENSION)

    assert scope(based.database, session) == ("changed", 1)


def test_the_load_that_fills_an_empty_table_makes_the_next_scope_full(
    upstream: Upstream, session: Session
) -> None:
    small_world(session)
    pair(session)
    run(upstream.database, session)
    upstream.visit("v1", updated=NOON)
    upstream.load()

    assert scope(upstream.database, session) == ("full", 1)
