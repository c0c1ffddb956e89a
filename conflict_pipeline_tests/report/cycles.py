"""Completed cycles to report on: of the demo's sample, of nothing, of one row."""

from conflict_pipeline import cycle
from conflict_pipeline.chunks import ChunkSettings
from conflict_pipeline.demo.sample import SampleSize
from conflict_pipeline.records import Cycle
from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline.task_02 import process_chunk
from conflict_pipeline_tests.cycles import three_rows
from conflict_pipeline_tests.rows import small_world

SIZE = SampleSize(conflict_rows=3_000, visits=9_000)


def complete(database: Postgres, session: Session, settings: ChunkSettings | None = None) -> Cycle:
    """A cycle over what is there."""
    opened = cycle.start(session, settings or ChunkSettings(), "run", new_cycle=True, max_age_hours=24)
    assert opened is not None
    for key in opened.plan.partition_keys:
        process_chunk(lambda: database.session("test"), key, "run", retry_delay=0)
    return cycle.finish(session)[0]


def empty_world(session: Session) -> None:
    """Everything that a cycle needs, and no row for it."""
    small_world(session)


def one_conflict(session: Session) -> None:
    """One row that is re-detected."""
    three_rows(session)
    session.conn.execute("""DELETE FROM conflict.conflictvisitmaps WHERE "ID" > 1""")
