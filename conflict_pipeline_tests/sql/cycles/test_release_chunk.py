from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle


def test_what_was_claimed_is_free_for_others(database: Postgres, session: Session) -> None:
    row = chunk(session, cycle(session))
    session.one("cycles/claim_chunk", {"partition_key": row["partition_key"]})

    released = session.one("cycles/release_chunk", {"chunk_id": row["chunk_id"]})

    assert released == {"released": True}
    with database.session("other") as other:
        claim = other.one("cycles/claim_chunk", {"partition_key": row["partition_key"]})
        assert claim["claimed"] is True


def test_what_was_not_claimed_is_not_released(scratch: Session) -> None:
    row = chunk(scratch, cycle(scratch))

    assert scratch.one("cycles/release_chunk", {"chunk_id": row["chunk_id"]}) == {"released": False}
