from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


def test_it_finds_the_sessions_on_that_database(database: Postgres, session: Session) -> None:
    values = {"database": database.conninfo["dbname"]}

    with database.session("other") as other:
        found = {row["pid"] for row in session.rows("bench/select_backends", values)}
        assert {session.conn.info.backend_pid, other.conn.info.backend_pid} <= found
    assert session.rows("bench/select_backends", {"database": "unknown"}) == []
