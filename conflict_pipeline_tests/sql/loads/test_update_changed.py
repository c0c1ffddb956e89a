from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import STAGE, TARGET, create, of, places, read, same_key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def update_changed(session: Session, *values: str, key: tuple[str, ...] = ("id",)) -> int:
    return session.execute(
        "loads/update_changed",
        None,
        target=TARGET,
        stage=STAGE,
        assignments=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("stage", name)) for name in values
        ),
        same_key=same_key(*key),
        target_values=of("target", *values),
        stage_values=of("stage", *values),
    ).rowcount


@pytest.mark.parametrize(
    ("type_name", "old", "new"),
    [
        ("text", "a", "A"),
        ("text", "a", "a "),
        ("text", None, ""),
        ("text", "", None),
        ("text", "é", "e\u0301"),
        ("boolean", False, None),
        ("numeric(38,15)", Decimal(0), Decimal("1e-15")),
        ("timestamptz", NOON, NOON.replace(microsecond=1)),
        ("date", None, NOON.date()),
    ],
)
def test_a_value_that_differs_is_taken_over(scratch: Session, type_name: str, old: Any, new: Any) -> None:
    create(scratch, TARGET, f"id text, value {type_name}", [("a", old)])
    create(scratch, STAGE, f"id text, value {type_name}", [("a", new)])

    assert update_changed(scratch, "value") == 1
    assert read(scratch) == [("a", new)]


@pytest.mark.parametrize(
    ("type_name", "old", "new"),
    [
        ("text", "a", "a"),
        ("text", "", ""),
        ("text", None, None),
        ("numeric", Decimal("1.0"), Decimal("1.00")),
        ("timestamptz", "2026-03-02 12:00:00+00", "2026-03-02 14:00:00+02"),
    ],
)
def test_a_row_that_is_equal_is_not_written(scratch: Session, type_name: str, old: Any, new: Any) -> None:
    create(scratch, TARGET, f"id text, value {type_name}", [("a", old)])
    create(scratch, STAGE, f"id text, value {type_name}", [("a", new)])
    before = places(scratch)

    assert update_changed(scratch, "value") == 0
    assert places(scratch) == before


def test_only_the_rows_that_differ_are_written(scratch: Session) -> None:
    create(scratch, TARGET, "id text, x int, y int", [("a", 1, 1), ("b", 1, 1), ("c", 1, None), ("d", 1, 1)])
    create(scratch, STAGE, "id text, x int, y int", [("a", 1, 1), ("b", 1, 2), ("c", 1, None), ("e", 1, 1)])
    before = places(scratch)

    assert update_changed(scratch, "x", "y") == 1
    assert read(scratch) == [("a", 1, 1), ("b", 1, 2), ("c", 1, None), ("d", 1, 1)]
    after = places(scratch)
    assert [name for name in before if after[name] != before[name]] == ["b"]


def test_all_values_of_a_row_are_taken_over_together(scratch: Session) -> None:
    create(scratch, TARGET, 'id text, "A name" text, y int, kept int', [("a", "x", 1, 1)])
    create(scratch, STAGE, 'y int, "A name" text, id text', [(None, "y", "a")])

    update_changed(scratch, "A name", "y")

    assert read(scratch) == [("a", "y", None, 1)]


def test_both_columns_of_a_key_must_be_the_same(scratch: Session) -> None:
    create(scratch, TARGET, "id int, environment text, x int", [(1, "a", 0), (1, "b", 0), (2, "a", 0)])
    create(scratch, STAGE, "id int, environment text, x int", [(1, "a", 1), (2, "b", 2)])

    assert update_changed(scratch, "x", key=("id", "environment")) == 1
    assert read(scratch) == [(1, "a", 1), (1, "b", 0), (2, "a", 0)]
