from dataclasses import replace

import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import cycles, outcome, steps
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.cycles import CHANGED, FULL, UNCHANGED, Cycles
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, candidates, databases, measurement
from conflict_pipeline_tests.rows import change

__all__ = ["candidates", "databases"]  # fixtures


@pytest.fixture
def measured(databases: Databases) -> Cycles:
    return Cycles(databases, CycleSettings(target_chunk_size=CHUNK_ROWS))


def test_three_cycles_are_measured_on_one_clone(
    databases: Databases, candidates: Candidates, measured: Cycles
) -> None:
    with databases.clone() as clone:
        one_piece = candidates.one_piece(clone)
    with databases.clone() as clone:
        full, unchanged, changed = measured.measure(clone)

    assert [one.name for one in (full, unchanged, changed)] == [FULL, UNCHANGED, CHANGED]
    assert full.outcome == unchanged.outcome == one_piece.outcome
    assert (full.rows, full.chunks) == (one_piece.rows, 3)
    assert full.written
    assert (unchanged.rows, unchanged.chunks, unchanged.written) == (0, 0, 0)
    assert 0 < changed.rows < full.rows
    assert changed.written
    assert all(one.snapshot_seconds and one.plan_seconds for one in (full, unchanged, changed))


def test_a_cycle_that_looks_at_rows_where_nothing_has_changed_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close_and_change(clone: Postgres) -> object:
        closed = close(clone)
        with clone.session("another") as session:
            change(session, "conflictvisitmaps", StatusFlag="R")
        return closed

    close = steps.close
    monkeypatch.setattr(steps, "close", close_and_change)

    with databases.clone() as clone, pytest.raises(PipelineError, match="Nothing had changed"):
        list(measured.measure(clone))


def test_a_cycle_that_overlooks_a_change_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_without_a_time(clone: Postgres) -> None:
        with clone.session("test") as session:
            session.conn.execute(
                """UPDATE analytics.factvisitcallperformance_cr
                SET "Billed Rate" = 12.5, "Updated Datatimestamp" = '2001-01-01'"""
            )

    monkeypatch.setattr(cycles, "change_visits", change_without_a_time)

    with databases.clone() as clone, pytest.raises(PipelineError, match=r"has left \d+ rows as they were"):
        list(measured.measure(clone))


def test_a_cycle_that_looks_at_everything_again_ends_the_benchmark(
    databases: Databases, measured: Cycles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_what_concerns_every_row(clone: Postgres) -> None:
        with clone.session("test") as session:
            change(session, "settings", ExtraDistancePer=2)

    monkeypatch.setattr(cycles, "change_visits", change_what_concerns_every_row)

    with databases.clone() as clone, pytest.raises(PipelineError, match="has looked at every row: settings"):
        list(measured.measure(clone))


def test_the_visits_that_are_changed_are_few(databases: Databases) -> None:
    with databases.clone() as clone:
        before = outcome.read(clone)
        count = cycles.change_visits(clone)

        assert 0 < count < 30
        assert outcome.read(clone) == before


def test_the_summary_is_in_shares_of_a_full_cycle() -> None:
    found = {
        FULL: measurement(FULL, 20.0),
        UNCHANGED: replace(measurement(UNCHANGED, 0.8), written=0),
        CHANGED: replace(measurement(CHANGED, 2.5), written=1234),
    }

    assert cycles.summary(found) == (
        "With scope and write_mode changed: nothing changed 4.0 % of a full cycle, 0 rows written; "
        "1 % of visits changed 12.5 %, 1,234 rows written."
    )
