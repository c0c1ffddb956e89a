"""COPY by column name: what is written is what is read, and no column goes astray."""

import pytest
from psycopg import sql

from conflict_pipeline.devtools.demo.table_copy import copy_rows
from conflict_pipeline.postgres.session import Session


@pytest.mark.parametrize(
    "text", ["plain", "", None, "\\N", "None", "a\tb", "a\nb", "a\r\nb", "back\\slash", "\\.", "O'Brien, é"]
)
def test_texts_come_back_unchanged(session: Session, text: str | None) -> None:
    written = copy_rows(session, "excluded_ssn", [{"ID": 1, "SSN": text}, {"ID": 2, "SSN": "next"}])

    rows = session.conn.execute(
        sql.SQL('SELECT "SSN" AS ssn FROM {conflict}.excluded_ssn ORDER BY "ID"').format(**session.schemas)
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
def test_a_column_that_does_not_fit_is_named(session: Session, rows: list[dict[str, object]]) -> None:
    with pytest.raises(KeyError, match=r"SNN|SSN"):
        copy_rows(session, "excluded_ssn", rows)


def test_no_rows_are_no_statement(session: Session) -> None:
    assert copy_rows(session, "excluded_ssn", []) == 0
