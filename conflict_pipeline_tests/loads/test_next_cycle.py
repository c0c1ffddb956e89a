"""What a load means for the mode of the next cycle, and for the rows that it looks at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.run import plan_cycle
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.upstream import DELETED, VISITS, Upstream
from conflict_pipeline_tests.rows import DAY, WIDE, pair, read, small_world
from conflict_pipeline_tests.small_cycles import do

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INCREMENTAL = replace(WIDE, mode="incremental")
DIMENSION = "dimcaregiver"


def run_cycle(database: Postgres, session: Session) -> Plan:
    plan = plan_cycle(session, INCREMENTAL, "run")
    do(database, *plan.partition_keys)
    ledger.close_cycle(session, plan.cycle_id)
    return plan


def next_cycle(database: Postgres, session: Session) -> tuple[str, int]:
    """Run a cycle; return its mode and the number of its rows."""
    plan = run_cycle(database, session)
    return plan.mode, plan.rows


@pytest.fixture
def baseline(upstream: Upstream, session: Session) -> Upstream:
    """v1 to v4 were loaded before a cycle; rows 1 to 4 have one of them each, row 4 also `later`."""
    small_world(session)
    upstream.take(session, DIMENSION)
    upstream.visits((f"v{number}", DAY, NOON - number * HOUR) for number in range(1, 5))
    for number in range(1, 5):
        pair(session, number, VisitID=f"v{number}", ConVisitID="later" if number == 4 else "unknown")
    for name in (VISITS, DELETED, DIMENSION):
        upstream.load(name)
    run_cycle(upstream.database, session)
    return upstream


def test_a_full_load_of_visits_makes_the_next_cycle_full(baseline: Upstream, session: Session) -> None:
    assert baseline.load(full=True).mode == "full"

    assert next_cycle(baseline.database, session) == ("full", 4)
    assert next_cycle(baseline.database, session) == ("incremental", 0)


def test_the_first_load_of_an_empty_table_makes_the_next_cycle_full(
    upstream: Upstream, session: Session
) -> None:
    small_world(session)
    pair(session)
    run_cycle(upstream.database, session)
    upstream.visit("v1", updated=NOON)
    upstream.load()

    assert next_cycle(upstream.database, session) == ("full", 1)


def test_loads_without_changes_leave_nothing_to_look_at(baseline: Upstream, session: Session) -> None:
    before = [row["whole_at"] for row in read(session, "load_watermark")]

    assert baseline.load().mode == "incremental"
    baseline.load(DIMENSION)

    assert next_cycle(baseline.database, session) == ("incremental", 0)
    assert [row["whole_at"] for row in read(session, "load_watermark")] == before


def test_a_changed_visit_is_looked_at(baseline: Upstream, session: Session) -> None:
    baseline.change("v2", updated=NOON + HOUR)
    baseline.load()

    assert next_cycle(baseline.database, session) == ("incremental", 1)


@pytest.mark.parametrize("late", [-HOUR, 23 * HOUR], ids=["new", "late"])
def test_an_added_visit_is_looked_at(baseline: Upstream, session: Session, late: timedelta) -> None:
    baseline.visit("later", updated=NOON - late)
    baseline.load()

    assert next_cycle(baseline.database, session) == ("incremental", 1)


def test_a_visit_that_arrives_after_newer_ones_is_looked_at(baseline: Upstream, session: Session) -> None:
    baseline.change("v2", updated=NOON + 20 * HOUR)
    baseline.load()
    run_cycle(baseline.database, session)
    baseline.visit("later", updated=NOON + HOUR)
    baseline.load()

    assert next_cycle(baseline.database, session) == ("incremental", 1)


def test_a_deleted_and_a_restored_visit_are_looked_at(baseline: Upstream, session: Session) -> None:
    baseline.move("v3", to=DELETED, updated=NOON + HOUR)
    baseline.load()

    assert next_cycle(baseline.database, session) == ("incremental", 1)

    baseline.load(DELETED)
    run_cycle(baseline.database, session)
    baseline.move("v3", to=VISITS, updated=NOON + 2 * HOUR)
    baseline.load()

    assert next_cycle(baseline.database, session) == ("incremental", 1)


def test_the_visits_of_a_changed_dimension_row_are_looked_at(baseline: Upstream, session: Session) -> None:
    baseline.change("v1", updated=NOON + HOUR)
    baseline.load()
    session.conn.execute(
        """UPDATE analytics.factvisitcallperformance_cr SET "Caregiver Id" = 'c1' WHERE "Visit Id" = 'v1'"""
    )
    run_cycle(baseline.database, session)
    baseline.run("""UPDATE dimcaregiver SET "Caregiver Code" = 'new' WHERE "Caregiver Id" = 'c1'""")
    baseline.load(DIMENSION)

    assert next_cycle(baseline.database, session) == ("incremental", 1)
