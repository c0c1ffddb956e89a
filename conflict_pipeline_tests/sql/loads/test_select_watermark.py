from datetime import UTC, datetime

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert

MOMENT = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def test_it_is_that_tables_to_the_microsecond(scratch: Session) -> None:
    insert(scratch, "load_watermark", table_name="visits", watermark=MOMENT)
    insert(scratch, "load_watermark", table_name="deleted", watermark=MOMENT.replace(year=2027))

    assert scratch.row("loads/select_watermark", {"table_name": "visits"}) == {"watermark": MOMENT}


def test_a_table_that_was_never_loaded_has_none(scratch: Session) -> None:
    insert(scratch, "load_watermark", table_name="deleted", watermark=MOMENT)

    assert scratch.row("loads/select_watermark", {"table_name": "visits"}) is None
