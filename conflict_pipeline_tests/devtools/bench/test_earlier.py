import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench import earlier
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.errors import PipelineError
from conflict_pipeline_tests.devtools.bench.small import candidates, databases
from conflict_pipeline_tests.rows import change

__all__ = ["candidates", "databases"]  # fixtures


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "ROWS_PER_CHUNK", 300)


def test_all_chunks_together_leave_what_one_piece_does(databases: Databases, candidates: Candidates) -> None:
    with databases.clone() as reference:
        one_piece = candidates.one_piece(reference)
        with databases.clone() as clone:
            measured = candidates.earlier_chunks(clone, reference, 100)

    assert measured.outcome == one_piece.outcome
    assert measured.rows == one_piece.rows
    assert (measured.chunks, measured.extrapolated_from) == (4, None)


def test_some_chunks_are_extrapolated_to_all(databases: Databases, candidates: Candidates) -> None:
    with databases.clone() as reference:
        candidates.one_piece(reference)
        with databases.clone() as clone:
            measured = candidates.earlier_chunks(clone, reference, 1)

    assert (measured.chunks, measured.extrapolated_from) == (4, 1)
    assert measured.outcome is None


def test_chunks_that_do_not_do_the_work_are_found_out(
    databases: Databases, candidates: Candidates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier, "write_new_values", lambda *_: None)
    with databases.clone() as reference, databases.clone() as clone:
        candidates.one_piece(reference)

        with pytest.raises(PipelineError, match="earlier chunks"):
            candidates.earlier_chunks(clone, reference, 1)


def test_a_chunk_touches_no_row_but_its_own(databases: Databases, candidates: Candidates) -> None:
    with databases.clone() as reference, databases.clone() as clone:
        candidates.one_piece(reference)
        with clone.session("test") as session:
            change(session, "conflictvisitmaps", UpdateFlag=5)
        candidates.earlier_chunks(clone, reference, 1)
        with clone.session("test") as session:
            row = session.conn.execute(
                """SELECT count(*) AS touched, (SELECT max(planned) FROM conflict.conflict_chunk) AS largest
                FROM conflict.conflictvisitmaps WHERE "UpdateFlag" IS DISTINCT FROM 5"""
            ).fetchone()

    assert row is not None
    assert 0 < row["touched"] <= row["largest"]


def test_they_are_cut_by_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "ROWS_PER_CHUNK", 6_650)

    settings = earlier.chunk_settings(CycleSettings(lookback_years=3))

    assert (settings.target_chunk_size, settings.lookback_years) == (6_650, 3)
    assert settings.max_keys_per_chunk >= settings.max_chunk_size


@pytest.mark.parametrize(("count", "expected"), [(1, "a"), (2, "ac"), (3, "abd"), (5, "abcde"), (9, "abcde")])
def test_the_chunks_that_are_measured_are_spread_over_all(count: int, expected: str) -> None:
    assert "".join(earlier.spread("abcde", count)) == expected
