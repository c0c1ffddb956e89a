"""Every candidate does the same work, or is refused."""

from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases
from conflict_pipeline.devtools.bench.measurement import Measurement


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
    assert one_piece.outcome == chunks.outcome != plain.outcome  # which marks no row
    assert one_piece.rows == limit.rows == plain.rows == chunks.rows
    assert (one_piece.chunks, chunks.chunks) == (1, 3)
    assert chunks.step_seconds
    assert chunks.plan_seconds
    assert chunks.cycle_seconds
    assert chunks.cycle_seconds > chunks.usage.seconds + chunks.step_seconds + chunks.plan_seconds
    assert chunks.cycle_cpu_seconds
    assert chunks.cycle_cpu_seconds > chunks.usage.client_cpu_seconds > 0
    assert chunks.usage.wal_bytes > 0
