from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, read


def test_a_chunk_begins_pending_without_an_attempt(scratch: Session) -> None:
    made = chunk(scratch, cycle(scratch))

    assert (made["state"], made["attempts"], made["started_at"]) == ("pending", 0, None)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"state": "done"}, psycopg.errors.CheckViolation),
        ({"from_ssn": None}, psycopg.errors.NotNullViolation),
        ({"to_date": None}, psycopg.errors.NotNullViolation),
        ({"cycle_id": 0}, psycopg.errors.ForeignKeyViolation),
    ],
)
def test_a_chunk_without_sense_is_refused(
    scratch: Session, columns: dict[str, Any], error: type[psycopg.Error]
) -> None:
    with pytest.raises(error), scratch.transaction():
        chunk(scratch, cycle(scratch), **columns)


def test_boundaries_are_compared_by_code_point(scratch: Session) -> None:
    opened = cycle(scratch)
    for number, ssn in enumerate(("a", "B", "\N{LATIN SMALL LETTER E WITH ACUTE}", "9"), start=1):
        chunk(scratch, opened, number, from_ssn=ssn)

    rows = scratch.conn.execute("SELECT from_ssn FROM conflict.conflict_chunk ORDER BY from_ssn").fetchall()

    assert [row["from_ssn"] for row in rows] == ["9", "B", "a", "\N{LATIN SMALL LETTER E WITH ACUTE}"]


def test_creating_it_again_keeps_its_rows(scratch: Session) -> None:
    made = chunk(scratch, cycle(scratch))

    scratch.execute("schema/12_create_conflict_chunk")

    assert read(scratch, "conflict_chunk") == [made]
