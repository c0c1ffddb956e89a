import pytest

from conflict_pipeline.devtools.bench.candidates import chunks_name
from conflict_pipeline.devtools.bench.cycles import CHANGED, FULL, UNCHANGED
from conflict_pipeline.devtools.bench.limits import LIMITS, Limit, breaches
from conflict_pipeline.devtools.bench.run import WORKERS
from conflict_pipeline_tests.devtools.bench.small import measurement

MEASURED = {"fast": measurement("fast", 2.0), "slow": measurement("slow", 5.0, wal_bytes=150)}


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        (Limit("slow", "fast", 2.5), None),
        (Limit("slow", "fast", 2.4), "slow: 2.50 times the seconds of fast, allowed are 2.4"),
        (Limit("slow", "fast", 1.5, "WAL"), None),
        (Limit("slow", "fast", 1, "WAL"), "slow: 1.50 times the WAL of fast, allowed are 1"),
    ],
)
def test_a_limit_is_exceeded_above_its_ratio(limit: Limit, line: str | None) -> None:
    assert breaches(MEASURED, [limit]) == ([line] if line else [])


def test_each_breach_has_a_line() -> None:
    limits = [Limit("slow", "fast", 1), Limit("fast", "slow", 1), Limit("slow", "fast", 1, "WAL")]

    assert len(breaches(MEASURED, limits)) == 2


def test_limits_are_of_candidates_that_every_benchmark_has() -> None:
    known = {"limit", "plain", "one piece", *map(chunks_name, WORKERS), FULL, UNCHANGED, CHANGED}

    assert {limit.name for limit in LIMITS} | {limit.of for limit in LIMITS} <= known
