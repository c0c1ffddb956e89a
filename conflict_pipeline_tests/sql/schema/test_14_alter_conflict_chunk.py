from conflict_pipeline import schema
from conflict_pipeline.resources.postgres import Session


def test_a_ledger_of_an_earlier_version_gets_the_column(session: Session) -> None:
    session.conn.execute(
        "DROP VIEW conflict.conflict_cycle_status, conflict.conflict_chunk_status;"
        "ALTER TABLE conflict.conflict_chunk DROP COLUMN written"
    )

    schema.apply(session)

    assert session.conn.execute("SELECT written FROM conflict.conflict_chunk").fetchall() == []
    assert session.conn.execute("SELECT written FROM conflict.conflict_cycle_status").fetchall() == []


def test_it_can_be_applied_again(session: Session) -> None:
    session.execute("schema/14_alter_conflict_chunk")
