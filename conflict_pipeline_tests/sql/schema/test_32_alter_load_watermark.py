from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read


def test_a_watermark_of_an_earlier_version_knows_no_load_of_the_whole(session: Session) -> None:
    session.conn.execute("ALTER TABLE conflict.load_watermark DROP COLUMN whole_at")
    insert(session, "load_watermark", table_name="visits", watermark="2026-03-02Z")

    schema.apply(session)

    assert [row["whole_at"] for row in read(session, "load_watermark")] == [None]


def test_it_can_be_applied_again(session: Session) -> None:
    session.execute("schema/32_alter_load_watermark")
