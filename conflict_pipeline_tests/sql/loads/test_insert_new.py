from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import (
    STAGE,
    TARGET,
    create,
    identifiers,
    places,
    read,
    same_key,
)


def insert_new(session: Session, *key: str, columns: tuple[str, ...]) -> int:
    parts: dict[str, Any] = {"target": TARGET, "stage": STAGE, "same_key": same_key(*key)}
    return session.execute("loads/insert_new", None, columns=identifiers(*columns), **parts).rowcount


def test_rows_whose_key_is_not_there_are_added(scratch: Session) -> None:
    create(scratch, TARGET, "id text, hours int", [("a", 1)])
    create(scratch, STAGE, "id text, hours int", [("a", 10), ("b", 2), ("c", None)])
    before = places(scratch)

    assert insert_new(scratch, "id", columns=("id", "hours")) == 2
    assert read(scratch) == [("a", 1), ("b", 2), ("c", None)]
    assert places(scratch)["a"] == before["a"]


def test_a_key_of_two_columns_is_there_if_both_are_in_one_row(scratch: Session) -> None:
    create(scratch, TARGET, "id int, environment text", [(1, "a"), (2, "b")])
    create(scratch, STAGE, "id int, environment text", [(1, "a"), (1, "b"), (2, "a")])

    assert insert_new(scratch, "id", "environment", columns=("id", "environment")) == 2
    assert read(scratch) == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


def test_columns_go_by_their_names(scratch: Session) -> None:
    create(scratch, TARGET, "extra text DEFAULT 'default', id text, \"A name\" text")
    create(scratch, STAGE, '"A name" text, id text', [("name", "a")])

    insert_new(scratch, "id", columns=("id", "A name"))

    assert read(scratch) == [("default", "a", "name")]


def test_null_and_an_empty_text_stay_apart(scratch: Session) -> None:
    create(scratch, TARGET, "id text, name text")
    create(scratch, STAGE, "id text, name text", [("", ""), ("a", None)])

    insert_new(scratch, "id", columns=("id", "name"))

    assert read(scratch) == [("", ""), ("a", None)]


def test_a_key_that_comes_twice_is_refused_by_the_table(scratch: Session) -> None:
    create(scratch, TARGET, "id text PRIMARY KEY")
    create(scratch, STAGE, "id text", [("a",), ("a",)])

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert_new(scratch, "id", columns=("id",))


def test_nothing_is_added_of_nothing(scratch: Session) -> None:
    create(scratch, TARGET, "id text")
    create(scratch, STAGE, "id text")

    assert insert_new(scratch, "id", columns=("id",)) == 0
