"""The progress of a cycle, in lines that are rare enough to be read."""

import time

from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.workers import ChunkFailure

LINE_INTERVAL = 10.0  # seconds


class Progress:
    """Counts the outcomes of `chunks` chunks; rates are of the rows that this process has processed."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.completed = self.failed = self.skipped = 0
        self.rows = 0
        self.started = self.last_line = time.monotonic()

    def line_after(self, outcome: ChunkResult | ChunkFailure) -> str | None:
        """Count the outcome; return a line every LINE_INTERVAL and after the last chunk."""
        if isinstance(outcome, ChunkFailure):
            self.failed += 1
        elif outcome.outcome == "skipped":
            self.skipped += 1
        else:
            self.completed += 1
            self.rows += outcome.planned
        ended = self.completed + self.failed + self.skipped
        now = time.monotonic()
        if ended < self.chunks and now - self.last_line < LINE_INTERVAL:
            return None
        self.last_line = now
        seconds = now - self.started
        others = {"failed": self.failed, "skipped": self.skipped}
        parts = [
            f"{self.completed:,} of {self.chunks:,} chunks completed",
            *(f"{number:,} {how}" for how, number in others.items() if number),
            f"{self.rows:,} rows",
            f"{self.rows / seconds:,.0f} rows/s",
            f"about {seconds / ended * (self.chunks - ended):,.0f} s left"
            if ended < self.chunks
            else f"in {seconds:,.1f} s",
        ]
        return ", ".join(parts)
