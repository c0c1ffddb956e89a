"""The parameters of a cycle: its window, its mode, its chunks and its workers."""

import sys
from dataclasses import dataclass, replace
from typing import get_args

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Mode

MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class CycleSettings:
    """Sizes of chunks in rows and keys, the window in years and days, the number of workers, and the mode.

    Mode full looks at every row of the window; incremental only at rows that can have another result than at
    the baseline, the last completed cycle. Both write only rows that differ.
    """

    target_chunk_size: int = 10_000
    max_chunk_size: int = 50_000
    max_keys_per_chunk: int = 1_000
    max_concurrency: int = 5
    lookback_years: int = 2
    lookahead_days: int = 45
    mode: Mode = "full"

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
        if self.mode not in MODES:
            faults.append(f"mode is {self.mode!r}, must be {' or '.join(MODES)}")
        if self.max_chunk_size < self.target_chunk_size:
            faults.append(
                f"max_chunk_size is {self.max_chunk_size}, "
                f"must not be below target_chunk_size ({self.target_chunk_size})"
            )
        if faults:
            raise PipelineError(f"Cycle settings: {'; '.join(faults)}. Correct the run config.")

    def as_one_piece(self) -> "CycleSettings":
        """Return settings with the same window and mode, but a single chunk of any size."""
        return replace(
            self, target_chunk_size=sys.maxsize, max_chunk_size=sys.maxsize, max_keys_per_chunk=sys.maxsize
        )
