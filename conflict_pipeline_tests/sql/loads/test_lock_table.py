import time

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


def is_ours(session: Session, name: str = "load visits") -> bool:
    return bool(session.one("loads/lock_table", {"name": name})["is_ours"])


def test_one_session_has_it(database: Postgres, session: Session) -> None:
    with database.session("other") as other:
        assert is_ours(other)
        assert not is_ours(session)


def test_it_outlives_its_transaction(database: Postgres, session: Session) -> None:
    with database.session("other") as other:
        with other.transaction():
            assert is_ours(other)

        assert not is_ours(session)


def test_it_outlives_a_rollback(database: Postgres, session: Session) -> None:
    with database.session("other") as other:
        with other.transaction(force_rollback=True):
            assert is_ours(other)

        assert not is_ours(session)


def test_it_falls_with_its_session(database: Postgres, session: Session) -> None:
    with database.session("other") as other:
        assert is_ours(other)

    # The server takes a moment to notice that it has gone.
    deadline = time.monotonic() + 10
    while not is_ours(session):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_another_table_is_not_locked_by_it(database: Postgres, session: Session) -> None:
    with database.session("other") as other:
        assert is_ours(other, "load visits")
        assert is_ours(session, "load deleted")


def test_a_session_that_has_it_gets_it_again(session: Session) -> None:
    assert is_ours(session)
    assert is_ours(session)
