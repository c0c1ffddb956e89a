from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert


def test_it_finds_the_addresses_of_a_patient(scratch: Session) -> None:
    insert(scratch, "dimpatientaddress", **{"Patient Address Id": "a", "Patient Id": "t"})
    scratch.conn.execute("SET LOCAL enable_seqscan = off")

    explain = scratch.conn.execute(
        """EXPLAIN SELECT * FROM analytics.dimpatientaddress WHERE "Patient Id" = 't'"""
    )

    plan = "\n".join(next(iter(row.values())) for row in explain.fetchall())
    assert "dimpatientaddress_patient_id" in plan


def test_creating_it_again_is_no_error(session: Session) -> None:
    created = session.execute("schema/indexes/dimpatientaddress_patient_id")

    assert created.statusmessage == "CREATE INDEX"
