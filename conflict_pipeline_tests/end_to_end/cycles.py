"""Whole cycles in this process, without Dagster."""

from conflict_pipeline.cycles import run, workers
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Cycle, Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan


def open_cycle(session: Session, settings: CycleSettings) -> Plan:
    """Prepare and plan a new cycle; a job that is started then resumes it."""
    cycle = run.open_or_resume(session, settings, "run", new_cycle=True, max_age_hours=1)
    for step in steps_before_plan():
        run.run_step(session, step, cycle, "run")
    return run.plan_cycle(session, settings, "run")


def process_cycle(database: Postgres, settings: CycleSettings) -> Cycle:
    """A whole new cycle, with two workers; returns it completed."""
    with database.session("test") as session, database.pool(2) as session_factory:
        keys = open_cycle(session, settings).partition_keys
        outcomes = list(workers.process_chunks(session_factory, keys, "run", workers=2, retry_delay=0))
        assert all(isinstance(outcome, ChunkResult) for outcome in outcomes), outcomes
        cycle = run.require_completed_chunks(session)
        for step in steps_after_chunks():
            run.run_step(session, step, cycle, "run")
        return run.finish(session)[0]
