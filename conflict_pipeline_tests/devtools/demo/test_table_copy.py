"""Rows are copied by column name: texts are read back unchanged, and no column is lost."""

import pytest
from psycopg import sql

from conflict_pipeline.devtools.demo.table_copy import copy_rows
from conflict_pipeline.postgres.session import Session


@pytest.mark.parametrize(
    "text", ["plain", "", None, "\\N", "None", "a\tb", "a\nb", "a\r\nb", "back\\slash", "\\.", "O'Brien, é"]
)
def test_texts_are_read_back_unchanged(scratch: Session, text: str | None) -> None:
    written = copy_rows(scratch, "excluded_ssn", [{"ID": 1, "SSN": text}, {"ID": 2, "SSN": "next"}])

    rows = scratch.conn.execute(
        sql.SQL('SELECT "SSN" AS ssn FROM {conflict}.excluded_ssn ORDER BY "ID"').format(**scratch.schemas)
    ).fetchall()
    assert written == 2
    assert [row["ssn"] for row in rows] == [text, "next"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"ID": 1, "SNN": "x"}],
        [{"ID": 1, "SSN": "x"}, {"ID": 2, "SSN": "x", "SNN": "y"}],
        [{"ID": 1, "SSN": "x"}, {"ID": 2}],
        [{"ID": 1, "SSN": "x"}, {"ID": 2, "SNN": "x"}],
    ],
    ids=["unknown", "unknown later", "missing", "another"],
)
def test_a_column_that_does_not_match_is_named(scratch: Session, rows: list[dict[str, object]]) -> None:
    with pytest.raises(KeyError, match=r"SNN|SSN"):
        copy_rows(scratch, "excluded_ssn", rows)


def test_without_rows_nothing_is_written(scratch: Session) -> None:
    assert copy_rows(scratch, "excluded_ssn", []) == 0
