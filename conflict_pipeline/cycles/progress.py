"""The progress of a cycle, in lines that are rare enough to be read."""

import time

from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.workers import ChunkFailure

LINE_INTERVAL = 10.0  # seconds


class Progress:
    """Counts the outcomes of `chunks` chunks; rates are of the rows that this process has processed."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.done = 0
        self.rows = 0
        self.started = self.last_line = time.monotonic()

    def line_after(self, outcome: ChunkResult | ChunkFailure) -> str | None:
        """Count the outcome; return a line every LINE_INTERVAL and after the last chunk."""
        self.done += 1
        if isinstance(outcome, ChunkResult) and outcome.outcome == "completed":
            self.rows += outcome.planned
        now = time.monotonic()
        if self.done < self.chunks and now - self.last_line < LINE_INTERVAL:
            return None
        self.last_line = now
        seconds = now - self.started
        left = seconds / self.done * (self.chunks - self.done)
        line = (
            f"{self.done:,} of {self.chunks:,} chunks, {self.rows:,} rows, {self.rows / seconds:,.0f} rows/s"
        )
        return (
            f"{line}, about {left:,.0f} s left" if self.done < self.chunks else f"{line}, in {seconds:,.1f} s"
        )
