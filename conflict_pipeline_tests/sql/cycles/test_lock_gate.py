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


@pytest.mark.parametrize("statement", ["cycles/lock_gate", "cycles/lock_gate_shared"])
def test_who_holds_the_gate_holds_it_alone(database: Postgres, other: Session, statement: str) -> None:
    with database.session("holder") as holder, holder.transaction():
        holder.execute("cycles/lock_gate", GATE)

        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(statement, GATE)


def test_the_end_of_the_transaction_opens_it(database: Postgres, other: Session) -> None:
    with database.session("holder") as holder:
        with holder.transaction():
            holder.execute("cycles/lock_gate", GATE)

        assert other.execute("cycles/lock_gate", GATE).rowcount == 1


def test_gates_of_other_names_are_others(database: Postgres, other: Session) -> None:
    with database.session("holder") as holder, holder.transaction():
        holder.execute("cycles/lock_gate", GATE)

        assert other.execute("cycles/lock_gate", {"gate": "another"}).rowcount == 1
