from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import visit


def test_it_finds_the_visits_that_have_changed_since_a_time(scratch: Session) -> None:
    visit(scratch, "v1")
    scratch.conn.execute("SET LOCAL enable_seqscan = off")

    explain = scratch.conn.execute(
        """EXPLAIN SELECT * FROM analytics.factvisitcallperformance_cr
        WHERE "Updated Datatimestamp" >= now()"""
    )

    plan = "\n".join(next(iter(row.values())) for row in explain.fetchall())
    assert "factvisitcallperformance_cr_updated" in plan


def test_creating_it_again_is_no_error(session: Session) -> None:
    created = session.execute("schema/indexes/factvisitcallperformance_cr_updated")

    assert created.statusmessage == "CREATE INDEX"
