"""The sample, with every awkward input, through one cycle: the SQL and the rules in plain Python agree."""

import pytest

from conflict_pipeline.chunks import ChunkSettings
from conflict_pipeline.demo.sample import SampleSize, load_sample
from conflict_pipeline.ledger import today
from conflict_pipeline.resources.postgres import Session
from conflict_pipeline_tests.reference.comparison import compare


@pytest.mark.parametrize("target_chunk_size", [100, 10_000])
def test_the_sample_ends_as_the_reference_expects(session: Session, target_chunk_size: int) -> None:
    counts = load_sample(session, SampleSize(conflict_rows=2_000, visits=4_000), today(session))

    expected = compare(session, ChunkSettings(target_chunk_size=target_chunk_size))

    assert (expected.eligible, expected.redetected) == (counts.eligible, counts.redetected)
    assert (expected.guarded, expected.bad_gps) == (counts.guarded, counts.bad_gps)
    assert expected.by_rule == counts.redetected_by_rule
