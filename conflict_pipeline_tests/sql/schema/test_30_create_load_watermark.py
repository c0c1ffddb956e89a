from datetime import UTC, datetime

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read

MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_watermark_is_of_now(scratch: Session) -> None:
    row = insert(scratch, "load_watermark", table_name="visits", watermark=MOMENT)
    later = insert(scratch, "load_watermark", table_name="deleted", watermark=MOMENT)

    assert row["watermark"] == MOMENT
    # By the clock, also within one transaction.
    assert row["loaded_at"] < later["loaded_at"]


def test_a_table_has_one(scratch: Session) -> None:
    insert(scratch, "load_watermark", table_name="visits", watermark=MOMENT)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "load_watermark", table_name="visits", watermark=MOMENT)


@pytest.mark.parametrize("column", ["table_name", "watermark", "loaded_at"])
def test_nothing_of_it_is_unknown(scratch: Session, column: str) -> None:
    values = {"table_name": "visits", "watermark": MOMENT, "loaded_at": MOMENT, column: None}

    with pytest.raises(psycopg.errors.NotNullViolation), scratch.transaction():
        insert(scratch, "load_watermark", **values)


def test_creating_it_again_keeps_its_rows(scratch: Session) -> None:
    row = insert(scratch, "load_watermark", table_name="visits", watermark=MOMENT)

    scratch.execute("schema/30_create_load_watermark")

    assert read(scratch, "load_watermark") == [row]
