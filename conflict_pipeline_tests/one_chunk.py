"""A chunk of two rows, and what a test does with it and reads of it."""

from collections.abc import Callable

import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WIDE, Row, equal_visits, pair, read


@pytest.fixture
def key(session: Session) -> str:
    """A chunk of two rows: the first is re-detected, the second is not."""
    equal_visits(session)
    pair(session, 2, ConVisitID="unknown")
    return run.plan_cycle(session, WIDE, "run").partition_keys[0]


@pytest.fixture
def process(database: Postgres) -> Callable[..., ChunkResult]:
    def process(key: str, *, force: bool = False) -> ChunkResult:
        return process_chunk(lambda: database.session("test"), key, "run 1", force=force, retry_delay=0)

    return process


def chunk_row(session: Session) -> Row:
    (chunk,) = read(session, "conflict_chunk")
    return chunk


def flags(session: Session) -> list[tuple[str | None, int | None]]:
    return [(row["StatusFlag"], row["UpdateFlag"]) for row in read(session, "conflictvisitmaps")]
