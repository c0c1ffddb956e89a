"""A limit is exceeded above its ratio, and only there."""

import pytest

from conflict_pipeline.devtools.bench.candidates import LIMIT, ONE_PIECE, PLAIN, chunks_name
from conflict_pipeline.devtools.bench.cycles import CHANGED, FULL, FULL_UNCHANGED, UNCHANGED
from conflict_pipeline.devtools.bench.limits import LIMITS, Limit, breaches
from conflict_pipeline.devtools.bench.run import WORKERS
from conflict_pipeline_tests.devtools.bench.small import measurement

MEASURED = {"fast": measurement("fast", 2.0), "slow": measurement("slow", 5.0, wal_bytes=150)}


@pytest.mark.parametrize(
    ("limits", "lines"),
    [
        ([Limit("slow", "fast", 2.5), Limit("slow", "fast", 1.5, "WAL")], []),
        ([Limit("slow", "fast", 2.4)], ["slow: 2.50 times the seconds of fast, the limit is 2.4"]),
        (
            [Limit("slow", "fast", 1, "WAL"), Limit("fast", "slow", 1), Limit("slow", "fast", 1)],
            [
                "slow: 1.50 times the WAL of fast, the limit is 1",
                "slow: 2.50 times the seconds of fast, the limit is 1",
            ],
        ),
    ],
)
def test_a_limit_is_exceeded_above_its_ratio(limits: list[Limit], lines: list[str]) -> None:
    assert breaches(MEASURED, limits) == lines


def test_limits_are_of_candidates_that_every_benchmark_has() -> None:
    known = {LIMIT, PLAIN, ONE_PIECE, *map(chunks_name, WORKERS), FULL, FULL_UNCHANGED, UNCHANGED, CHANGED}

    assert {limit.name for limit in LIMITS} | {limit.of for limit in LIMITS} <= known
