"""The sample, with every awkward input, through one cycle: the SQL and the rules in plain Python agree."""

import pytest

from conflict_pipeline.cycles.ledger import today
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.reference.comparison import compare, run_cycle

ROW_VERSIONS = 'SELECT "ID", ctid, xmin FROM conflict.conflictvisitmaps ORDER BY "ID"'


@pytest.mark.parametrize("write_mode", ["all", "changed"])
@pytest.mark.parametrize("target_chunk_size", [100, 10_000])
def test_the_sample_ends_as_the_reference_expects(
    session: Session, target_chunk_size: int, write_mode: str
) -> None:
    counts = load_sample(session, SampleSize(conflict_rows=2_000, visits=4_000), today(session))

    expected = compare(session, CycleSettings(target_chunk_size=target_chunk_size, write_mode=write_mode))

    assert (expected.eligible, expected.redetected) == (counts.eligible, counts.redetected)
    assert (expected.guarded, expected.bad_gps) == (counts.guarded, counts.bad_gps)
    assert expected.by_rule == counts.redetected_by_rule


def test_a_second_cycle_that_writes_only_what_differs_writes_nothing(session: Session) -> None:
    load_sample(session, SampleSize(conflict_rows=2_000, visits=4_000), today(session))
    settings = CycleSettings(write_mode="changed")
    _, first = run_cycle(session, settings)
    before = session.conn.execute(ROW_VERSIONS).fetchall()

    _, second = run_cycle(session, settings)

    assert sum(counts.written for counts in first) > 1_000
    assert [counts.written for counts in second] == [0] * len(second)
    assert [(counts.marked, counts.redetected) for counts in second] == [
        (counts.marked, counts.redetected) for counts in first
    ]
    assert session.conn.execute(ROW_VERSIONS).fetchall() == before
