"""A small world for whole cycles: three keys of one row each, three chunks in a plan with SMALL."""

from datetime import UTC, datetime

import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Cycle, Mode, Plan, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan
from conflict_pipeline_tests.rows import DAY, insert, pair, read, small_world, visit

SMALL = CycleSettings(target_chunk_size=1, max_chunk_size=1, lookback_years=50)
SSNS = ("900000001", "900000002", "900000003")


@pytest.fixture
def world(session: Session) -> Session:
    """A session on the small world."""
    three_rows(session)
    return session


def three_rows(session: Session) -> None:
    """The first one, of visits v1 and v2, is re-detected; the second is not; the third is guarded."""
    small_world(session)
    insert(session, "conflicts", CONFLICTID=7)
    for name in ("v1", "v2"):
        visit(session, name, scheduled=("09:00", "11:00"))
    pair(session, 1, SSN=SSNS[0])
    pair(session, 2, SSN=SSNS[1], ConVisitID="unknown")
    pair(session, 3, SSN=SSNS[2], ConVisitID="unknown", PTOStartDate=DAY)


def do(database: Postgres, *keys: str) -> list[ChunkResult]:
    """Process these chunks."""
    return [process_chunk(lambda: database.session("test"), key, "run", retry_delay=0) for key in keys]


def start_cycle(session: Session, settings: CycleSettings = SMALL) -> Plan:
    """A new cycle with its steps before the plan, and its plan."""
    cycle = run.open_or_resume(session, settings, "run", new_cycle=True, max_age_hours=24)
    for step in steps_before_plan():
        run.run_step(session, step, cycle, "run")
    return run.plan_cycle(session, settings, "run")


def finished_cycle(database: Postgres, session: Session) -> Cycle:
    """A whole cycle over the three rows."""
    three_rows(session)
    do(database, *start_cycle(session).partition_keys)
    for step in steps_after_chunks():
        run.run_step(session, step, run.require_completed_chunks(session), "run")
    return run.finish(session)[0]


def cycle_of(window: Window, mode: Mode = "full") -> Cycle:
    """A cycle that is in no ledger, for steps that need only its window and mode."""
    now = datetime.now(UTC)
    return Cycle(
        cycle_id=0,
        cycle_key="c20260302t010203",
        state="preparing",
        mode=mode,
        mode_reason="",
        window_start=window.window_start,
        window_end=window.window_end,
        time_zone="UTC",
        settings={},
        prepared_by=run.ASSETS,
        opened_at=now,
        planned_at=None,
        closed_at=None,
        age_seconds=0,
        seconds=0,
        **dict.fromkeys(("chunks", "pending", "running", "stuck", "completed", "failed", "skipped"), 0),
        planned=0,
        planned_of_completed=0,
        repeated_attempts=0,
        last_finished_at=None,
        rows_per_second=None,
        counts={},
        newest_cycle_key=None,
    )


def plan(session: Session) -> list[str]:
    """A plan for the three rows, and nothing else; returns its partition keys."""
    return run.plan_cycle(session, SMALL, "run").partition_keys


def refuse(session: Session, ssn: str) -> None:
    """Make the database refuse the update of this key's row, whose chunk then fails; until `allow`."""
    statement = """ALTER TABLE conflict.conflictvisitmaps
        ADD CONSTRAINT refused CHECK ("SSN" <> '{}' OR "UpdateFlag" IS NULL)"""
    session.conn.execute(statement.format(ssn).encode())


def allow(session: Session) -> None:
    session.conn.execute("ALTER TABLE conflict.conflictvisitmaps DROP CONSTRAINT refused")


def states(session: Session) -> list[str]:
    """Of the chunks, in their order."""
    return [row["state"] for row in read(session, "conflict_chunk")]


def attempts(session: Session) -> list[int]:
    return [row["attempts"] for row in read(session, "conflict_chunk")]


def cycle_states(session: Session) -> list[str]:
    """From the oldest cycle to the newest."""
    return [row["state"] for row in read(session, "conflict_cycle")]


def in_progress(session: Session) -> int:
    """What the application is told: 1 to wait, 2 that the refresh has ended."""
    return int(read(session, "settings")[0]["InProgressFlag"])


def waits_for_a_lock(session: Session, work: str) -> bool:
    """Whether the session of that name waits. Inside a transaction `session` would see no change."""
    row = session.conn.execute(
        """SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = %s AND wait_event_type = 'Lock'""",
        [f"conflict_pipeline {work}"],
    ).fetchone()
    return row is not None
