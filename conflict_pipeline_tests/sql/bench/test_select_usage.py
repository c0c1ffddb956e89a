from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session


def test_what_is_written_counts(database: Postgres, session: Session) -> None:
    values = {"database": database.conninfo["dbname"]}
    before = session.one("bench/select_usage", values)

    session.conn.execute("CREATE TABLE written AS SELECT generate_series(1, 1000) AS number")

    after = session.one("bench/select_usage", values)
    assert after["wal_bytes"] > before["wal_bytes"] + 1000 * 4
    assert after["temp_bytes"] == before["temp_bytes"] == 0


def test_an_unknown_database_has_written_no_temporary_file(scratch: Session) -> None:
    assert scratch.one("bench/select_usage", {"database": "unknown"})["temp_bytes"] == 0
