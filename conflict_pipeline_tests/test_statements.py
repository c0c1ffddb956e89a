import pytest
from psycopg import sql

from conflict_pipeline import statements


def test_a_statement_is_named_by_its_path_without_the_ending() -> None:
    statement = statements.load("schema/select_has_conflict_rows").format(
        conflict=sql.Identifier("My Schema")
    )

    assert statement.as_string().endswith('(SELECT FROM "My Schema".conflictvisitmaps) AS has_rows\n')


def test_a_statement_is_read_once() -> None:
    assert statements.load("schema/select_has_conflict_rows") is statements.load(
        "schema/select_has_conflict_rows"
    )


def test_an_unknown_statement_is_an_error_that_names_it() -> None:
    with pytest.raises(FileNotFoundError, match=r"task_02/unknown\.sql"):
        statements.load("task_02/unknown")
