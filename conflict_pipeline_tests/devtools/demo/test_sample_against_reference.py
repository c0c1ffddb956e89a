"""On the sample, the SQL and the rules in plain Python agree, and a second cycle writes nothing."""

from conflict_pipeline.cycles.ledger import today
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.reference.comparison import compare, run_cycle

ROW_VERSIONS = 'SELECT "ID", ctid, xmin FROM conflict.conflictvisitmaps ORDER BY "ID"'


def test_the_sample_ends_as_the_reference_expects_and_a_second_cycle_writes_nothing(session: Session) -> None:
    counts = load_sample(session, SampleSize(conflict_rows=1_200, visits=2_500), today(session))
    settings = CycleSettings(target_chunk_size=150)

    expected = compare(session, settings)

    assert (expected.eligible, expected.redetected) == (counts.eligible, counts.redetected)
    assert (expected.guarded, expected.bad_gps) == (counts.guarded, counts.bad_gps)
    assert expected.by_rule == counts.redetected_by_rule

    before = session.conn.execute(ROW_VERSIONS).fetchall()
    _, second = run_cycle(session, settings)

    assert [counts.written for counts in second] == [0] * len(second)
    assert sum(counts.redetected for counts in second) == counts.redetected
    assert session.conn.execute(ROW_VERSIONS).fetchall() == before
