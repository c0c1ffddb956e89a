"""The earlier pipeline's chunks: each pairs all visits of the window, and updates the rows of its own keys.

As in plain.py the text is Task 02's own, and only the manner differs. What the earlier chunks did wrong
(docs/rules.md, "What the earlier systems get wrong") is not imitated: they leave what all candidates leave.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import plain
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import update_rows

# What was measured of the earlier pipeline: 113,000 rows in 17 chunks, 5 at once, 264 s.
ROWS_PER_CHUNK = 6_650
WORKERS = 5


def chunk_settings(settings: CycleSettings) -> CycleSettings:
    """The same window in chunks as the earlier pipeline cut them, by rows alone."""
    return replace(
        settings,
        target_chunk_size=ROWS_PER_CHUNK,
        max_chunk_size=2 * ROWS_PER_CHUNK,
        max_keys_per_chunk=2 * ROWS_PER_CHUNK,
    )


def spread(keys: Sequence[str], count: int) -> list[str]:
    """So many of the keys, evenly from first to last; all of them if there are no more."""
    count = min(count, len(keys))
    return [keys[number * len(keys) // count] for number in range(count)]


def update_chunks(clone: Postgres, keys: Sequence[str]) -> list[int]:
    """Update these chunks, five at once, each in a session of its own; returns the IDs of their rows."""

    def work(key: str) -> list[int]:
        with clone.session("bench") as session, ledger.claimed(session, key) as chunk:
            return update_chunk(session, chunk)

    with ThreadPoolExecutor(WORKERS) as pool:
        return [row_id for ids in pool.map(work, keys) for row_id in ids]


def update_chunk(session: Session, chunk: Chunk) -> list[int]:
    """Mark the chunk's rows, pair all with all, update those of the chunk; returns the IDs of its rows."""
    values = asdict(chunk)
    with session.transaction():
        session.execute("cycles/create_chunk_row")
        session.execute("cycles/insert_chunk_rows", values)
        session.conn.execute("ANALYZE chunk_row")
        session.execute("steps/redetect/mark_rows")
        # What is called chunk_row from here on are the pairs of the whole window.
        session.conn.execute("ALTER TABLE chunk_row RENAME TO marked_row")
    with session.transaction():
        plain.pair_all(session, values)
        session.execute("bench/delete_other_pairs")
        session.conn.execute("DROP TABLE chunk_row")
        session.conn.execute("ALTER TABLE marked_row RENAME TO chunk_row")
        update_rows(session, chunk)
        return [row["row_id"] for row in session.rows("bench/select_chunk_row_ids")]
