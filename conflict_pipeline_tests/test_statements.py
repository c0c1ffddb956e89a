import pytest
from psycopg import sql

from conflict_pipeline import statements


def test_a_statement_is_named_by_its_path_without_the_ending() -> None:
    statement = statements.load("steps/redetect/count_settings").format(conflict=sql.Identifier("My Schema"))

    assert statement.as_string().endswith('SELECT count(*) AS rows FROM "My Schema".settings\n')


def test_a_statement_is_read_once() -> None:
    assert statements.load("steps/redetect/count_settings") is statements.load(
        "steps/redetect/count_settings"
    )


def test_an_unknown_statement_is_an_error_that_names_it() -> None:
    with pytest.raises(FileNotFoundError, match=r"task_02/unknown\.sql"):
        statements.load("task_02/unknown")
