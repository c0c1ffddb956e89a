"""What a cycle can be told: its window, its chunks, its workers and its mode."""

import sys
from dataclasses import dataclass, replace

from conflict_pipeline.errors import PipelineError

# Every re-detected row and every mark, or only what differs.
WRITE_MODES = ("all", "changed")
# Every eligible row, or only those that can have another result than before.
SCOPES = ("full", "changed")


@dataclass(frozen=True)
class CycleSettings:
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

    def as_one_piece(self) -> "CycleSettings":
        """The same window, in a single chunk whatever its size."""
        return replace(
            self, target_chunk_size=sys.maxsize, max_chunk_size=sys.maxsize, max_keys_per_chunk=sys.maxsize
        )
