import psycopg
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

GATE = {"gate": "test"}


@pytest.fixture
def other(database: Postgres, session: Session) -> Session:
    """The session that would have to wait does not do so for long."""
    session.conn.execute("SELECT set_config('lock_timeout', '20ms', false)")
    return session


def test_many_go_through_at_the_same_time(database: Postgres, other: Session) -> None:
    with database.session("holder") as holder, holder.transaction():
        holder.execute("cycles/lock_gate_shared", GATE)

        assert other.execute("cycles/lock_gate_shared", GATE).rowcount == 1


def test_nobody_closes_it_while_one_is_in_it(database: Postgres, other: Session) -> None:
    with database.session("holder") as holder, holder.transaction():
        holder.execute("cycles/lock_gate_shared", GATE)

        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("cycles/lock_gate", GATE)
