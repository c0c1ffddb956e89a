from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import STAGE, create, identifiers, read

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)
NEWEST_FIRST = sql.SQL('stage."Updated Datatimestamp" DESC NULLS LAST,')
COLUMNS = 'id text, "Updated Datatimestamp" timestamptz, hours int'
Row = tuple[Any, ...]


def delete_repeated(session: Session, *key: str, newest_first: sql.SQL = NEWEST_FIRST) -> int:
    return session.execute(
        "loads/delete_repeated", None, stage=STAGE, key=identifiers(*key), newest_first=newest_first
    ).rowcount


@pytest.mark.parametrize("rows", list(permutations([("a", LATER, 1), ("a", NOON, 2), ("a", None, 3)])))
def test_the_one_that_was_changed_last_stays(scratch: Session, rows: list[Row]) -> None:
    create(scratch, STAGE, COLUMNS, rows)

    assert delete_repeated(scratch, "id") == 2
    assert read(scratch, STAGE) == [("a", LATER, 1)]


@pytest.mark.parametrize("updated", [NOON, None])
def test_of_equally_new_ones_the_same_stays_whatever_their_order(
    scratch: Session, updated: datetime | None
) -> None:
    kept = set()
    for rows in permutations([("a", updated, hours) for hours in (9, 10, None)]):
        create(scratch, STAGE, COLUMNS, rows)
        assert delete_repeated(scratch, "id") == 2
        kept.update(read(scratch, STAGE))
        scratch.conn.execute("DROP TABLE pg_temp.arriving")

    assert len(kept) == 1


def test_of_equal_rows_one_stays(scratch: Session) -> None:
    create(scratch, STAGE, COLUMNS, [("a", NOON, 1)] * 5)

    assert delete_repeated(scratch, "id") == 4
    assert read(scratch, STAGE) == [("a", NOON, 1)]


def test_moments_are_compared_and_not_their_offsets(scratch: Session) -> None:
    create(scratch, STAGE, COLUMNS)
    scratch.conn.execute(
        "INSERT INTO pg_temp.arriving VALUES"
        " ('a', '2026-03-02 13:30:00+02', 1), ('a', '2026-03-02 12:00:00+00', 2)"
    )

    delete_repeated(scratch, "id")

    assert read(scratch, STAGE) == [("a", NOON, 2)]


def test_the_others_stay(scratch: Session) -> None:
    create(scratch, STAGE, COLUMNS, [("a", NOON, 1), ("b", NOON, 1), ("b", LATER, 2), ("c", None, 3)])

    assert delete_repeated(scratch, "id") == 1
    assert read(scratch, STAGE) == [("a", NOON, 1), ("b", LATER, 2), ("c", None, 3)]


def test_a_key_of_two_columns_is_repeated_if_both_are(scratch: Session) -> None:
    rows = [(1, "a", NOON), (1, "b", NOON), (2, "a", NOON), (1, "a", LATER)]
    create(scratch, STAGE, 'id int, environment text, "Updated Datatimestamp" timestamptz', rows)

    assert delete_repeated(scratch, "id", "environment") == 1
    assert read(scratch, STAGE) == [(1, "a", LATER), (1, "b", NOON), (2, "a", NOON)]


def test_where_no_row_says_when_it_was_changed_the_same_one_stays(scratch: Session) -> None:
    kept = set()
    for rows in permutations([("a", "x"), ("a", None), ("a", ""), ("b", "x")]):
        create(scratch, STAGE, "id text, name text", rows)
        assert delete_repeated(scratch, "id", newest_first=sql.SQL("")) == 2
        kept.add(tuple(read(scratch, STAGE)))
        scratch.conn.execute("DROP TABLE pg_temp.arriving")

    assert len(kept) == 1


def test_nothing_is_repeated_in_an_empty_stage(scratch: Session) -> None:
    create(scratch, STAGE, COLUMNS)

    assert delete_repeated(scratch, "id") == 0
