from datetime import date
from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read
from conflict_pipeline_tests.sql.loads.slices import insert, values


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"undated": True, "expected_rows": 0},
        {"from_date": date.min, "to_date": date.max, "expected_rows": 2**63 - 1},
    ],
)
def test_a_new_step_is_as_planned_and_not_done(scratch: Session, columns: dict[str, Any]) -> None:
    insert(scratch, **columns)

    assert read(scratch, "load_slice") == [{**values(**columns), "loaded_rows": None}]


def test_a_number_is_used_once_for_a_table(scratch: Session) -> None:
    insert(scratch, "visits", 1)
    insert(scratch, "visits", 2)
    insert(scratch, "deleted", 1)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "visits", 1)
