from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

NAME = {"name": "test"}


def test_what_was_locked_is_free_for_others(database: Postgres, session: Session) -> None:
    session.conn.execute("SELECT set_config('lock_timeout', '20ms', false)")
    with database.session("holder") as holder:
        holder.execute("cycles/lock_start", NAME)

        unlocked = holder.execute("cycles/unlock_start", NAME).fetchone()

        assert unlocked == {"pg_advisory_unlock": True}
        assert session.execute("cycles/lock_start", NAME).rowcount == 1


def test_what_was_not_locked_is_not_unlocked(scratch: Session) -> None:
    assert scratch.one("cycles/unlock_start", NAME) == {"pg_advisory_unlock": False}
