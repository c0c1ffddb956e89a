from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read


def test_what_was_deleted_so_many_days_ago_is_forgotten(scratch: Session) -> None:
    scratch.conn.execute(
        """INSERT INTO conflict.conflict_deleted_key (table_name, key, deleted_at)
        SELECT 'dimuser', ago, now() - ago::interval
        FROM unnest(ARRAY['31 days 1 second', '30 days 23 hours', '0 days']) AS ago"""
    )

    scratch.execute("cycles/delete_deleted_keys", {"days": 31})

    assert {row["key"] for row in read(scratch, "conflict_deleted_key")} == {"30 days 23 hours", "0 days"}
