from dataclasses import replace

import pytest

from conflict_pipeline.cycles import progress
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.progress import Progress
from conflict_pipeline.cycles.workers import ChunkFailure

FAILED = ChunkFailure("c_0001", "why")


def completed(rows: int) -> ChunkResult:
    return ChunkResult("c_0001", "completed", planned=rows)


# Its rows are another attempt's.
SKIPPED = replace(completed(1_000), outcome="skipped", reason="completed already")


def test_lines_are_rare_and_the_last_chunk_has_one() -> None:
    counted = Progress(3)

    lines = [counted.line_after(completed(1_000)) for _ in range(3)]

    assert lines[:2] == [None, None]
    assert lines[2] is not None
    assert lines[2].startswith("3 of 3 chunks completed, 3,000 rows, ")
    assert " left" not in lines[2]


def test_a_line_before_the_end_says_how_long_it_may_still_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    counted = Progress(2_000)

    line = counted.line_after(completed(5))

    assert line is not None
    assert line.startswith("1 of 2,000 chunks completed, 5 rows, ")
    assert line.endswith(" s left")


def test_failed_and_skipped_chunks_are_counted_apart_and_without_rows() -> None:
    counted = Progress(3)

    lines = [counted.line_after(outcome) for outcome in (FAILED, completed(5), SKIPPED)]

    assert lines[2] is not None
    assert lines[2].startswith("1 of 3 chunks completed, 1 failed, 1 skipped, 5 rows, ")
