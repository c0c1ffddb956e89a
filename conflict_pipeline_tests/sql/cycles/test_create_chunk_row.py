import psycopg
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


def test_the_rows_outlive_the_transaction_and_creating_it_again_keeps_them(session: Session) -> None:
    with session.transaction():
        session.execute("cycles/create_chunk_row")
        session.conn.execute("INSERT INTO chunk_row VALUES (12345678901234567890123456789012345678)")

    session.execute("cycles/create_chunk_row")

    assert len(session.conn.execute("SELECT row_id FROM chunk_row").fetchall()) == 1


def test_a_row_can_be_in_it_once(scratch: Session) -> None:
    scratch.execute("cycles/create_chunk_row")

    with pytest.raises(psycopg.errors.UniqueViolation):
        scratch.conn.execute("INSERT INTO chunk_row VALUES (1), (1)")


def test_no_other_session_sees_it(database: Postgres, session: Session) -> None:
    session.execute("cycles/create_chunk_row")

    with database.session("other") as other, pytest.raises(psycopg.errors.UndefinedTable):
        other.conn.execute("SELECT row_id FROM chunk_row")
