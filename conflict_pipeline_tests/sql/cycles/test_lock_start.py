import psycopg
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

NAME = {"name": "test"}


def test_one_session_holds_it_beyond_its_transaction(database: Postgres, session: Session) -> None:
    session.conn.execute("SELECT set_config('lock_timeout', '20ms', false)")
    with database.session("holder") as holder:
        with holder.transaction():
            holder.execute("cycles/lock_start", NAME)

        with pytest.raises(psycopg.errors.LockNotAvailable):
            session.execute("cycles/lock_start", NAME)


def test_it_falls_with_its_session(database: Postgres, session: Session) -> None:
    with database.session("holder") as holder:
        holder.execute("cycles/lock_start", NAME)

    assert session.execute("cycles/lock_start", NAME).rowcount == 1
