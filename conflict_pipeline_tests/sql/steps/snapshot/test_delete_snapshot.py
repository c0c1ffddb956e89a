from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read


def test_nothing_stays(scratch: Session) -> None:
    for number in (1, 2):
        insert(scratch, "conflictvisitmaps_temp", ID=number)

    assert scratch.execute("steps/snapshot/delete_snapshot").rowcount == 2
    assert read(scratch, "conflictvisitmaps_temp") == []


def test_readers_are_neither_blocked_nor_shown_an_empty_table(database: Postgres, session: Session) -> None:
    insert(session, "conflictvisitmaps_temp", ID=1)
    with database.session("reader") as reader, session.transaction():
        reader.conn.execute("SET lock_timeout = '100ms'")
        session.execute("steps/snapshot/delete_snapshot")

        assert len(read(reader, "conflictvisitmaps_temp")) == 1
