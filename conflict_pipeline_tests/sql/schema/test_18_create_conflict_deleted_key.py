from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.cycles.transactions import own
from conflict_pipeline_tests.rows import insert


def test_a_key_is_noted_with_the_transaction_and_the_time(scratch: Session) -> None:
    here = own(scratch)

    row = insert(scratch, "conflict_deleted_key", table_name="dimuser", key="u1")

    now = scratch.conn.execute("SELECT clock_timestamp() AS now").fetchone()
    assert now is not None
    assert str(row["deleted_by"]) == here
    assert 0 <= (now["now"] - row["deleted_at"]).total_seconds() < 60


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/18_create_conflict_deleted_key").statusmessage == "CREATE TABLE"
