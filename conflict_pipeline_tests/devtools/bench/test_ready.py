from collections.abc import Callable

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.devtools.bench import ready
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.one_chunk import key, process
from conflict_pipeline_tests.rows import WIDE, read
from conflict_pipeline_tests.sql.steps.redetect.test_update_rows_columns import columns_to_write

__all__ = ["key", "process"]  # fixtures


def test_the_columns_are_those_of_the_specification(session: Session) -> None:
    columns = ready.updated_columns(session, ledger.current_window(session, WIDE))

    assert len(columns) == 201
    assert set(columns) == columns_to_write()


def test_only_what_was_detected_again_stands_ready(
    database: Postgres, session: Session, key: str, process: Callable[..., ChunkResult]
) -> None:
    process(key)

    ready.copy_ready(database, database, ledger.current_window(session, WIDE))

    rows = session.conn.execute("SELECT * FROM conflict.bench_ready").fetchall()
    first, _ = read(session, "conflictvisitmaps")
    assert rows == [{name: first[name] for name in rows[0]}]
