"""From a staging table into the table: what differs, and nothing else."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.loads.merge import Merge, MergeResult
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(microseconds=1)
STAGE = sql.Identifier("pg_temp", "arriving")
MOVED = sql.Identifier("pg_temp", "moved")
OFFICES = tables.get_table("dimoffice")
# Its key has two columns, and no row says when it was changed.
USER_OFFICES = tables.get_table("dimuseroffices")
Row = dict[str, Any]


def identifier(session: Session, table: tables.Table) -> sql.Identifier:
    return sql.Identifier(session.schema_names[table.schema], table.name)


def office(number: int, name: str | None = "a", updated: datetime | None = NOON) -> Row:
    return {"Office Id": f"o{number}", "Office Name": name, "Updated Datatimestamp": updated}


def user_office(user: str, at: str, vendor: str | None = None) -> Row:
    return {"User Id": user, "Office Id": at, "Vendor Id": vendor}


def insert(session: Session, into: sql.Identifier, rows: Iterable[Row]) -> None:
    for row in rows:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            into,
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        )
        session.conn.execute(statement, list(row.values()))


def merge(session: Session, table: tables.Table, there: Iterable[Row], arriving: Iterable[Row]) -> Merge:
    """A merge of the arriving rows into those that are there."""
    insert(session, identifier(session, table), there)
    session.execute(
        "loads/create_stage",
        stage=STAGE,
        columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        target=identifier(session, table),
    )
    insert(session, STAGE, arriving)
    return Merge(session, table, STAGE)


def offices(session: Session) -> dict[str, str | None]:
    query = 'SELECT "Office Id" AS id, "Office Name" AS name FROM analytics.dimoffice ORDER BY 1'
    return {row["id"]: row["name"] for row in session.conn.execute(query)}


def versions(session: Session) -> dict[str, str]:
    """Where each office is and who wrote it."""
    query = 'SELECT "Office Id" AS id, xmin::text || ctid::text AS place FROM analytics.dimoffice'
    return {row["id"]: row["place"] for row in session.conn.execute(query)}


def run(session: Session, merge: Merge, *, delete_missing: bool = True) -> MergeResult:
    with session.transaction():
        return merge.run(delete_missing=delete_missing)


def test_afterwards_the_table_has_what_arrived(session: Session) -> None:
    there = [office(1), office(2), office(3), office(4, None)]
    arriving = [office(2), office(3, "b"), office(4, ""), office(5), office(6, None, None)]
    into = merge(session, OFFICES, there, arriving)

    merged = run(session, into)

    assert merged == MergeResult(inserted=2, updated=2, deleted=1, repeated=0)
    assert offices(session) == {"o2": "a", "o3": "b", "o4": "", "o5": "a", "o6": None}


def test_without_delete_missing_the_others_stay(session: Session) -> None:
    into = merge(session, OFFICES, [office(1), office(2)], [office(2, "b"), office(3)])

    assert run(session, into, delete_missing=False) == MergeResult(
        inserted=1, updated=1, deleted=0, repeated=0
    )
    assert offices(session) == {"o1": "a", "o2": "b", "o3": "a"}


@pytest.mark.parametrize("delete_missing", [False, True])
def test_rows_that_are_equal_are_not_written(session: Session, delete_missing: bool) -> None:
    same = [office(1), office(2, None, None), office(3, "")]
    into = merge(session, OFFICES, [*same, office(4)], [*same, office(4, "b")])
    before = versions(session)

    assert run(session, into, delete_missing=delete_missing) == MergeResult(0, 1, 0, 0)

    after = versions(session)
    assert [name for name in before if before[name] != after[name]] == ["o4"]


def test_a_second_run_does_nothing(session: Session) -> None:
    into = merge(session, OFFICES, [office(1), office(2)], [office(2, "b"), office(3), office(3, "b", LATER)])
    run(session, into)
    before = versions(session)

    assert run(session, into) == MergeResult(0, 0, 0, 0)
    assert versions(session) == before


@pytest.mark.parametrize(
    "arriving", list(permutations([office(1, "new", LATER), office(1, "old"), office(1, "unknown", None)]))
)
def test_of_rows_with_one_key_the_newest_is_taken(session: Session, arriving: list[Row]) -> None:
    into = merge(session, OFFICES, [office(1)], [*arriving, office(2)])

    assert run(session, into) == MergeResult(inserted=1, updated=1, deleted=0, repeated=2)
    assert offices(session) == {"o1": "new", "o2": "a"}


def test_of_equally_new_rows_the_same_is_taken_whatever_their_order(session: Session) -> None:
    """So that a load that finds nothing new writes nothing."""
    same = [office(1, "9"), office(1, "10"), office(1, None)]
    run(session, merge(session, OFFICES, [], same))
    before = versions(session)
    for arriving in permutations(same):
        session.conn.execute("DROP TABLE pg_temp.arriving")

        assert run(session, merge(session, OFFICES, [], arriving)) == MergeResult(0, 0, 0, repeated=2)

    assert versions(session) == before


def test_a_key_of_two_columns_is_one_key(session: Session) -> None:
    there = [user_office("u1", "o1"), user_office("u1", "o2"), user_office("u2", "o1")]
    arriving = [
        user_office("u1", "o1", "v5"),
        user_office("u2", "o1"),
        user_office("u2", "o2"),
        user_office("u2", "o2"),
    ]
    into = merge(session, USER_OFFICES, there, arriving)

    assert run(session, into) == MergeResult(inserted=1, updated=1, deleted=1, repeated=1)

    query = 'SELECT "User Id", "Office Id", "Vendor Id" FROM analytics.dimuseroffices ORDER BY 1, 2'
    found = [tuple(row.values()) for row in session.conn.execute(query)]
    assert found == [("u1", "o1", "v5"), ("u2", "o1", None), ("u2", "o2", None)]


def test_rows_whose_key_has_moved_go(session: Session) -> None:
    into = merge(session, OFFICES, [office(1), office(2), office(3)], [office(3, "b")])
    session.conn.execute(
        """CREATE TEMPORARY TABLE moved AS SELECT 'o' || n AS "Office Id" FROM unnest('{1,1,3,9}'::int[]) n"""
    )

    run(session, into, delete_missing=False)

    assert into.delete_moved(MOVED) == 2
    assert offices(session) == {"o2": "a"}


@pytest.mark.parametrize(
    ("moments", "newest"), [([NOON, LATER, None], LATER), ([NOON, None], NOON), ([None], None), ([], None)]
)
def test_the_newest_is_that_of_the_stage(
    session: Session, moments: list[datetime | None], newest: datetime | None
) -> None:
    there = [office(9, updated=LATER + timedelta(days=1))]
    arriving = [office(number, updated=moment) for number, moment in enumerate(moments)]

    assert merge(session, OFFICES, there, arriving).newest() == newest


def test_columns_that_only_the_table_has_stay(session: Session) -> None:
    session.conn.execute("ALTER TABLE analytics.dimoffice ADD extra text DEFAULT 'default'")
    session.conn.execute("ALTER TABLE analytics.dimoffice ALTER \"Office Name\" SET DEFAULT 'default'")
    there = [{**office(1), "extra": "kept"}]
    into = merge(session, OFFICES, there, [office(1, "b"), office(2, None)])

    run(session, into)

    query = 'SELECT "Office Id", "Office Name", extra FROM analytics.dimoffice ORDER BY 1'
    found = [tuple(row.values()) for row in session.conn.execute(query)]
    assert found == [("o1", "b", "kept"), ("o2", None, "default")]


def test_every_column_of_every_table_is_taken_over(session: Session) -> None:
    for table in tables.all_tables():
        if table.schema != "analytics" or not table.primary_key:
            continue
        names = [column.name for column in table.columns]
        old = {column.name: example(column, 1) for column in table.columns}
        new = {column.name: example(column, 1 if column.in_primary_key else 0) for column in table.columns}
        into = merge(session, table, [old], [new])

        assert run(session, into) == MergeResult(inserted=0, updated=1, deleted=0, repeated=0)

        (found,) = session.conn.execute(sql.SQL("SELECT * FROM {}").format(identifier(session, table)))
        assert {name: found[name] for name in names} == new
        session.conn.execute("DROP TABLE pg_temp.arriving")


def example(column: tables.Column, number: int) -> Any:
    kind = column.type_name.partition("(")[0]
    values: dict[str, Any] = {
        "varchar": str(number),
        "numeric": number,
        "boolean": bool(number),
        "date": NOON.date() + timedelta(days=number),
        "timestamp": NOON.replace(tzinfo=None) + timedelta(days=number),
        "timestamptz": NOON + timedelta(days=number),
    }
    return values[kind]


def test_readers_see_the_old_rows_until_the_commit_and_are_not_blocked(
    database: Postgres, session: Session
) -> None:
    into = merge(session, OFFICES, [office(1), office(2)], [office(2, "b"), office(3)])
    with database.session("reader") as reader:
        reader.conn.execute("SET lock_timeout = '100ms'")
        with session.transaction():
            into.run(delete_missing=True)

            assert offices(reader) == {"o1": "a", "o2": "a"}

        assert offices(reader) == {"o2": "b", "o3": "a"}


def test_what_fails_leaves_the_table_as_it_was(session: Session) -> None:
    session.conn.execute("ALTER TABLE analytics.dimoffice ADD CHECK (\"Office Name\" <> 'refused')")
    into = merge(session, OFFICES, [office(1), office(2)], [office(2, "b"), office(3, "refused")])
    before = versions(session)

    with pytest.raises(psycopg.errors.CheckViolation):
        run(session, into)

    assert versions(session) == before
    assert offices(session) == {"o1": "a", "o2": "a"}


def test_the_planner_is_told_otherwise_for_the_transaction_only(session: Session) -> None:
    into = merge(session, OFFICES, [], [office(1)])

    run(session, into)

    assert session.conn.execute("SHOW enable_nestloop").fetchall() == [{"enable_nestloop": "on"}]
