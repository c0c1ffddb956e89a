import time

import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, chunk, cycle


@pytest.fixture
def planned(session: Session) -> list[Row]:
    opened = cycle(session)
    return [chunk(session, opened, number) for number in (1, 2)]


def claim(session: Session, of_chunk: Row) -> Row:
    return session.one("cycles/claim_chunk", {"partition_key": of_chunk["partition_key"]})


def test_a_chunk_is_claimed_by_one_session_at_a_time(
    database: Postgres, session: Session, planned: list[Row]
) -> None:
    first = claim(session, planned[0])

    with database.session("other") as other:
        second = claim(other, planned[0])

    assert (first["claimed"], second["claimed"]) == (True, False)
    assert first["chunk_id"] == second["chunk_id"] == planned[0]["chunk_id"]


def test_other_chunks_stay_free(database: Postgres, session: Session, planned: list[Row]) -> None:
    claim(session, planned[0])

    with database.session("other") as other:
        assert claim(other, planned[1])["claimed"] is True


def test_a_chunk_is_free_once_its_session_is_gone(
    database: Postgres, session: Session, planned: list[Row]
) -> None:
    with database.session("other") as other:
        claim(other, planned[0])

    # The server needs a moment to see that it has gone.
    deadline = time.monotonic() + 10
    while not claim(session, planned[0])["claimed"]:
        assert time.monotonic() < deadline


def test_there_is_no_row_for_an_unknown_key(scratch: Session) -> None:
    assert scratch.row("cycles/claim_chunk", {"partition_key": "unknown"}) is None
