from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement, Outcome
from conflict_pipeline_tests.devtools.bench.small import candidates, databases

__all__ = ["candidates", "databases"]  # fixtures


def checksum(measured: Measurement) -> str:
    assert measured.outcome
    return measured.outcome.checksum_without_marks


def test_every_candidate_does_the_same_work(databases: Databases, candidates: Candidates) -> None:
    with databases.clone() as reference:
        before = outcome.read(reference)
        one_piece = candidates.one_piece(reference)
        with databases.clone() as clone:
            limit = candidates.limit(clone, reference)
    with databases.clone() as clone:
        plain = candidates.plain(clone)
    with databases.clone() as clone:
        chunks = candidates.chunks(clone, 2)

    assert checksum(one_piece) == checksum(limit) == checksum(plain) == checksum(chunks)
    assert checksum(one_piece) != before.checksum_without_marks
    assert one_piece.outcome == chunks.outcome
    assert one_piece.rows == limit.rows == plain.rows == chunks.rows
    assert one_piece.chunks == 1
    assert chunks.chunks == 3


def test_candidates_that_do_not_mark_leave_no_row_marked_anew(
    databases: Databases, candidates: Candidates
) -> None:
    with databases.clone() as clone:
        measured = candidates.plain(clone)

    assert isinstance(measured.outcome, Outcome)
    assert measured.outcome.checksum != checksum(measured)


def test_what_a_cycle_takes_beside_its_chunks_is_measured_apart(
    databases: Databases, candidates: Candidates
) -> None:
    with databases.clone() as clone:
        measured = candidates.chunks(clone, 1)

    assert measured.snapshot_seconds
    assert measured.plan_seconds
    assert measured.cycle_seconds
    assert measured.cycle_cpu_seconds
    assert measured.cycle_cpu_seconds > measured.usage.client_cpu_seconds > 0
    assert measured.cycle_seconds > (
        measured.usage.seconds + measured.snapshot_seconds + measured.plan_seconds
    )
    assert measured.usage.wal_bytes > 0
