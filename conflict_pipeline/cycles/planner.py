"""From a key distribution to balanced chunks. Pure: no I/O, no clock.

A key is one (visit date, SSN); rows of one key are never split. A chunk is a contiguous range of keys in
sort order, named by its first key: it reaches up to the first key of the next chunk, so chunks are disjoint
and leave no gap by construction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from conflict_pipeline.cycles.settings import CycleSettings


@dataclass(frozen=True)
class Key:
    """One (visit date, SSN) and its eligible rows; a NULL SSN is the empty string here."""

    visit_date: date
    ssn: str
    rows: int


@dataclass(frozen=True)
class PlannedChunk:
    """A range of keys from (from_date, from_ssn), inclusive, up to the next chunk's."""

    from_date: date
    from_ssn: str
    keys: int
    rows: int


def plan_chunks(keys: Iterable[Key], settings: CycleSettings) -> Iterator[PlannedChunk]:
    """Cut sorted keys into chunks of about `target_chunk_size` rows, in their order.

    A chunk ends where adding the next key would bring it further from the target than leaving it out, or
    above `max_chunk_size` rows or `max_keys_per_chunk` keys. A single key above the maximum makes one chunk
    of its own. Streams: holds one chunk at a time.
    """
    first: Key | None = None
    count = rows = 0
    for key in keys:
        grown = rows + key.rows
        if first is not None and (
            grown > settings.max_chunk_size
            or count >= settings.max_keys_per_chunk
            or abs(settings.target_chunk_size - grown) > abs(settings.target_chunk_size - rows)
        ):
            yield PlannedChunk(first.visit_date, first.ssn, count, rows)
            first, count, rows = None, 0, 0
        if first is None:
            first = key
        count += 1
        rows += key.rows
    if first is not None:
        yield PlannedChunk(first.visit_date, first.ssn, count, rows)
