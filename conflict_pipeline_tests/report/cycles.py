"""Completed cycles: over the demo's sample, over one row, over nothing."""

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_after_chunks, steps_before_plan
from conflict_pipeline_tests.small_cycles import three_rows

SIZE = SampleSize(conflict_rows=3_000, visits=9_000)


def complete(database: Postgres, session: Session, settings: CycleSettings | None = None) -> Cycle:
    """Run a whole cycle over the database and return it."""
    settings = settings or CycleSettings()
    cycle = run.open_or_resume(session, settings, "run", new_cycle=True, max_age_hours=24)
    for step in steps_before_plan():
        run.run_step(session, step, cycle, "run")
    for key in run.plan_cycle(session, settings, "run").partition_keys:
        process_chunk(lambda: database.session("test"), key, "run", retry_delay=0)
    for step in steps_after_chunks():
        run.run_step(session, step, cycle, "run")
    return run.finish(session)[0]


def one_conflict(session: Session) -> None:
    """Insert one row that is re-detected, and everything that a cycle needs."""
    three_rows(session)
    session.conn.execute("""DELETE FROM conflict.conflictvisitmaps WHERE "ID" > 1""")
