from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import Session

NEW = "SELECT written, mark_transaction, update_transaction FROM conflict.conflict_chunk"


def test_a_ledger_of_an_earlier_version_gets_the_columns(session: Session) -> None:
    session.conn.execute(
        "DROP VIEW conflict.conflict_cycle_status, conflict.conflict_chunk_status;"
        "ALTER TABLE conflict.conflict_chunk DROP COLUMN written, DROP COLUMN mark_transaction,"
        "DROP COLUMN update_transaction"
    )

    schema.apply(session)

    assert session.conn.execute(NEW).fetchall() == []
    assert session.conn.execute("SELECT written FROM conflict.conflict_cycle_status").fetchall() == []


def test_it_can_be_applied_again(session: Session) -> None:
    session.execute("schema/14_alter_conflict_chunk")
