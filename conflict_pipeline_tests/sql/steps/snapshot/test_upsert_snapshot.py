from datetime import timedelta

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, read

VALUES = {**WINDOW, "tables": "these"}


def test_there_is_one_note_and_the_next_takes_its_place(session: Session) -> None:
    session.execute("steps/snapshot/upsert_snapshot", VALUES)
    (first,) = read(session, "conflict_snapshot")
    later = {"window_start": WINDOW["window_start"] + timedelta(days=1)}

    session.execute("steps/snapshot/upsert_snapshot", {**VALUES, **later})

    (second,) = read(session, "conflict_snapshot")
    assert (second["window_start"], second["window_end"]) == (later["window_start"], WINDOW["window_end"])
    assert second["taken_at"] > first["taken_at"]
    assert int(second["transactions_from"]) > int(first["transactions_from"])


def test_a_transaction_at_work_may_not_be_in_the_snapshot(session: Session) -> None:
    with session.transaction():
        own = session.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
        session.execute("steps/snapshot/upsert_snapshot", VALUES)

    (row,) = read(session, "conflict_snapshot")
    assert own is not None
    assert int(row["transactions_from"]) <= int(own["xid"])
