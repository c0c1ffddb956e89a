"""Completed cycles to report on: of the demo's sample, of nothing, of one row."""

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import small_world
from conflict_pipeline_tests.small_cycles import three_rows

SIZE = SampleSize(conflict_rows=3_000, visits=9_000)


def complete(database: Postgres, session: Session, settings: CycleSettings | None = None) -> Cycle:
    """A cycle over what is there."""
    opened = run.open_or_resume(session, settings or CycleSettings(), "run", new_cycle=True, max_age_hours=24)
    assert opened is not None
    for key in opened.plan.partition_keys:
        process_chunk(lambda: database.session("test"), key, "run", retry_delay=0)
    return run.finish(session)[0]


def empty_world(session: Session) -> None:
    """Everything that a cycle needs, and no row for it."""
    small_world(session)


def one_conflict(session: Session) -> None:
    """One row that is re-detected."""
    three_rows(session)
    session.conn.execute("""DELETE FROM conflict.conflictvisitmaps WHERE "ID" > 1""")
