"""From a key distribution to balanced chunks. Pure: no I/O, no clock.

A key is one (visit date, SSN); rows of one key are never split. A chunk is a contiguous range of keys in
sort order, named by its first key: it reaches up to the first key of the next chunk, so chunks are disjoint
and leave no gap by construction.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from conflict_pipeline.errors import PipelineError

# Every re-detected row and every mark, or only what differs.
WRITE_MODES = ("all", "changed")
# Every eligible row, or only those that can have another result than before.
SCOPES = ("full", "changed")


@dataclass(frozen=True)
class ChunkSettings:
    """Sizes of chunks, in rows and keys; the visit window, in years and days; workers; what is written;
    what is looked at."""

    target_chunk_size: int = 10_000
    max_chunk_size: int = 50_000
    max_keys_per_chunk: int = 1_000
    max_concurrency: int = 5
    lookback_years: int = 2
    lookahead_days: int = 45
    write_mode: str = "all"
    scope: str = "full"

    def __post_init__(self) -> None:
        faults = [
            f"{name} is {value}, must be at {f'least {least}' if value < least else f'most {most}'}"
            for name, least, most in (
                ("target_chunk_size", 1, sys.maxsize),
                ("max_chunk_size", 1, sys.maxsize),
                ("max_keys_per_chunk", 1, sys.maxsize),
                ("max_concurrency", 1, 1_000),
                ("lookback_years", 0, 1_000),
                ("lookahead_days", 0, 365_000),
            )
            if not least <= (value := getattr(self, name)) <= most
        ]
        faults += [
            f"{name} is {getattr(self, name)!r}, must be {' or '.join(known)}"
            for name, known in (("write_mode", WRITE_MODES), ("scope", SCOPES))
            if getattr(self, name) not in known
        ]
        if self.max_chunk_size < self.target_chunk_size:
            faults.append(
                f"max_chunk_size is {self.max_chunk_size}, "
                f"must not be below target_chunk_size ({self.target_chunk_size})"
            )
        if faults:
            raise PipelineError(f"Chunk settings: {'; '.join(faults)}. Correct the run config.")

    def as_one_piece(self) -> "ChunkSettings":
        """The same window, in a single chunk whatever its size."""
        return replace(
            self, target_chunk_size=sys.maxsize, max_chunk_size=sys.maxsize, max_keys_per_chunk=sys.maxsize
        )


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


def plan_chunks(keys: Iterable[Key], settings: ChunkSettings) -> Iterator[PlannedChunk]:
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
