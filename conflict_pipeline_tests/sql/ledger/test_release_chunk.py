from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline_tests.rows import chunk, cycle


def test_what_was_claimed_is_free_for_others(database: Postgres, session: Session) -> None:
    row = chunk(session, cycle(session))
    session.one("ledger/claim_chunk", {"partition_key": row["partition_key"]})

    released = session.one("ledger/release_chunk", {"chunk_id": row["chunk_id"]})

    assert released == {"released": True}
    with database.session("other") as other:
        claim = other.one("ledger/claim_chunk", {"partition_key": row["partition_key"]})
        assert claim["claimed"] is True


def test_what_was_not_claimed_is_not_released(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch))

    assert scratch.one("ledger/release_chunk", {"chunk_id": row["chunk_id"]}) == {"released": False}
