"""Whole cycles are measured in both modes; one that does too much or too little ends the benchmark."""

from dataclasses import replace

import pytest

from conflict_pipeline.cycles import incremental
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import cycles
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.cycles import CHANGED, FULL, FULL_UNCHANGED, UNCHANGED, Cycles
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, measurement
from conflict_pipeline_tests.rows import change, read, visit


@pytest.fixture
def measured(databases: Databases) -> Cycles:
    return Cycles(databases, CycleSettings(target_chunk_size=CHUNK_ROWS))


def test_four_cycles_are_measured_on_one_clone(
    databases: Databases, candidates: Candidates, measured: Cycles
) -> None:
    with databases.clone() as clone:
        one_piece = candidates.one_piece(clone)
    with databases.clone() as clone:
        found = list(measured.measure(clone))

    full, full_unchanged, unchanged, changed = found
    assert [one.name for one in found] == [FULL, FULL_UNCHANGED, UNCHANGED, CHANGED]
    assert full.outcome == full_unchanged.outcome == unchanged.outcome == one_piece.outcome
    assert full.rows == full_unchanged.rows == one_piece.rows
    assert full.chunks == full_unchanged.chunks == 3
    assert full.written
    assert full_unchanged.written == 0
    assert (unchanged.rows, unchanged.chunks, unchanged.written) == (0, 0, 0)
    assert 0 < changed.rows < full.rows
    assert changed.written
    assert all(one.step_seconds and one.plan_seconds for one in found)


def change_statuses(clone: Postgres) -> None:
    """Change every row, so that the next cycle looks at it and a full one writes it."""
    with clone.session("test") as session:
        change(session, "conflictvisitmaps", StatusFlag="R")


def change_settings(clone: Postgres) -> None:
    """Change what concerns every row."""
    with clone.session("test") as session:
        change(session, "settings", ExtraDistancePer=2)


def test_a_cycle_that_looks_at_rows_without_news_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close_and_change(clone: Postgres) -> object:
        closed = close(clone)
        change_statuses(clone)
        return closed

    close = cycles.close
    monkeypatch.setattr(cycles, "close", close_and_change)

    with databases.clone() as clone, pytest.raises(PipelineError, match="Nothing had changed"):
        list(measured.measure(clone))


def test_an_incremental_cycle_that_becomes_full_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycles, "change_visits", change_settings)

    with databases.clone() as clone, pytest.raises(PipelineError, match="was a full cycle: settings"):
        list(measured.measure(clone))


def test_an_incremental_cycle_that_misses_a_change_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = incremental._baseline_values
    after_all = {"transactions_from": "9000000000"}
    monkeypatch.setattr(incremental, "_baseline_values", lambda baseline: {**found(baseline), **after_all})

    with databases.clone() as clone, pytest.raises(PipelineError, match=r"left \d+ rows as they were"):
        list(measured.measure(clone))


def test_one_visit_in_a_hundred_always_the_same_ends_a_minute_later(scratch: Session) -> None:
    for number in range(300):
        visit(scratch, f"v{number}", scheduled=("09:00", "10:00"), actual=("09:05", "10:05"))
    rounds = [{row["Visit Id"]: row for row in read(scratch, "factvisitcallperformance_cr")}]

    counts = set()
    for _ in range(2):
        counts.add(scratch.execute("bench/update_visits").rowcount)
        rounds.append({row["Visit Id"]: row for row in read(scratch, "factvisitcallperformance_cr")})

    before, once, twice = rounds
    changed = {name for name, row in once.items() if row != before[name]}
    assert counts == {len(changed)}
    assert 0 < len(changed) < 10
    assert changed == {
        name for name, row in twice.items() if row["Visit End Time"] != once[name]["Visit End Time"]
    }
    names = {"Scheduled End Time", "Visit End Time", "Updated Datatimestamp"}
    assert all({k for k in row if row[k] != before[name][k]} in (set(), names) for name, row in once.items())


def test_the_summary_is_in_shares_of_a_full_cycle() -> None:
    found = {
        FULL: measurement(FULL, 20.0),
        FULL_UNCHANGED: replace(measurement(FULL_UNCHANGED, 10.0), written=0),
        UNCHANGED: replace(measurement(UNCHANGED, 0.8), written=0),
        CHANGED: replace(measurement(CHANGED, 2.5), written=1234),
    }

    assert cycles.summary(found).splitlines() == [
        f"{FULL_UNCHANGED}: 50.0 % of a full cycle, 0 rows written.",
        f"{UNCHANGED}: 4.0 % of a full cycle, 0 rows written.",
        f"{CHANGED}: 12.5 % of a full cycle, 1,234 rows written.",
    ]
