"""Rows of load_slice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, Row

PLANNED = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def values(table_name: str = "visits", slice_number: int = 0, **columns: Any) -> Row:
    """What insert_slice is given."""
    return {
        "table_name": table_name,
        "slice_number": slice_number,
        "from_date": DAY,
        "to_date": DAY + timedelta(days=1),
        "undated": False,
        "planned_at": PLANNED,
        "expected_rows": 3,
        **columns,
    }


def insert(session: Session, table_name: str = "visits", slice_number: int = 0, **columns: Any) -> None:
    session.execute("loads/insert_slice", values(table_name, slice_number, **columns))


def loaded_rows(session: Session) -> dict[tuple[str, int], int | None]:
    """How many each slice says it has loaded, by table and number."""
    rows = session.conn.execute("SELECT * FROM conflict.load_slice ORDER BY 1, 2")
    return {(row["table_name"], row["slice_number"]): row["loaded_rows"] for row in rows}
