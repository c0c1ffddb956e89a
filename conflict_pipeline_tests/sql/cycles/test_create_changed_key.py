from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert
from conflict_pipeline_tests.sql.cycles.transactions import own


def test_keys_that_were_deleted_since_a_transaction_are_in_once_each(scratch: Session) -> None:
    here = own(scratch)
    for key, by in (("old", int(here) - 1), ("now", here), ("later", int(here) + 1), ("now", here)):
        insert(scratch, "conflict_deleted_key", table_name="dimuser", key=key, deleted_by=str(by))

    with scratch.transaction():
        scratch.execute("cycles/create_changed_key", {"transactions_from": here})
        found = scratch.conn.execute("SELECT * FROM changed_key ORDER BY key").fetchall()
        scratch.conn.execute("DROP TABLE changed_key")

    assert [(row["table_name"], row["key"]) for row in found] == [("dimuser", "later"), ("dimuser", "now")]
