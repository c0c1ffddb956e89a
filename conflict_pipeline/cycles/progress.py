"""How far a cycle is, in lines that come seldom enough to be read."""

import time

from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import ChunkFailure

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Counts outcomes of `chunks` chunks; rates are of the rows that this process has done."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self.done = 0
        self.rows = 0
        self.started = self.last_line = time.monotonic()

    def after(self, outcome: ChunkResult | ChunkFailure) -> str | None:
        """A line, if the last one is some seconds ago or this was the last chunk."""
        self.done += 1
        if isinstance(outcome, ChunkResult) and outcome.outcome == "completed" and outcome.counts:
            self.rows += outcome.counts.marked
        now = time.monotonic()
        if self.done < self.chunks and now - self.last_line < SECONDS_BETWEEN_LINES:
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
