"""Merge: a table gets the rows of its staging table, and rows that are equal are not written."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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
# Its key has two columns, and it has no time of change.
USER_OFFICES = tables.get_table("dimuseroffices")
Row = dict[str, Any]


def identifier(session: Session, table: tables.Table) -> sql.Identifier:
    return sql.Identifier(session.schema_names[table.schema], table.name)


def office(number: int | str, name: str | None = "a", updated: datetime | None = NOON) -> Row:
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


def merge(session: Session, table: tables.Table, existing: Iterable[Row], arriving: Iterable[Row]) -> Merge:
    """Return a merge of the arriving rows into a table with the existing ones."""
    insert(session, identifier(session, table), existing)
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.arriving")
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


def places(session: Session) -> dict[str, str]:
    """Return where each office is stored; a row that is written moves."""
    query = 'SELECT "Office Id" AS id, ctid::text AS place FROM analytics.dimoffice'
    return {row["id"]: row["place"] for row in session.conn.execute(query)}


def run(session: Session, merge: Merge, *, delete_missing: bool = True) -> MergeResult:
    with session.transaction():
        return merge.run(delete_missing=delete_missing)


def test_the_table_has_the_staged_rows_afterwards(scratch: Session) -> None:
    existing = [office(1), office(2), office(3), office(4, None)]
    arriving = [office(2), office(3, "b"), office(4, ""), office(5), office(6, None, None)]
    into = merge(scratch, OFFICES, existing, arriving)

    merged = run(scratch, into)

    assert merged == MergeResult(inserted=2, updated=2, deleted=1, repeated=0)
    assert offices(scratch) == {"o2": "a", "o3": "b", "o4": "", "o5": "a", "o6": None}


def test_without_delete_missing_the_other_rows_stay(scratch: Session) -> None:
    into = merge(scratch, OFFICES, [office(1), office(2)], [office(2, "b"), office(3)])

    assert run(scratch, into, delete_missing=False) == MergeResult(
        inserted=1, updated=1, deleted=0, repeated=0
    )
    assert offices(scratch) == {"o1": "a", "o2": "b", "o3": "a"}


@pytest.mark.parametrize("delete_missing", [False, True])
def test_equal_rows_are_not_written(scratch: Session, delete_missing: bool) -> None:
    same = [office(1), office(2, None, None), office(3, "")]
    into = merge(scratch, OFFICES, [*same, office(4)], [*same, office(4, "b")])
    before = places(scratch)

    assert run(scratch, into, delete_missing=delete_missing) == MergeResult(0, 1, 0, 0)

    after = places(scratch)
    assert [name for name in before if before[name] != after[name]] == ["o4"]


def test_a_second_run_writes_nothing(scratch: Session) -> None:
    into = merge(scratch, OFFICES, [office(1), office(2)], [office(2, "b"), office(3), office(3, "b", LATER)])
    run(scratch, into)
    before = places(scratch)

    assert run(scratch, into) == MergeResult(0, 0, 0, 0)
    assert places(scratch) == before


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
        ("timestamptz", NOON, LATER),
        ("date", None, NOON.date()),
    ],
)
def test_values_that_differ_are_updated(scratch: Session, type_name: str, old: Any, new: Any) -> None:
    into = merge_of_values(scratch, type_name, old, new)

    assert run(scratch, into) == MergeResult(0, 1, 0, 0)
    assert scratch.conn.execute("SELECT value FROM analytics.example").fetchall() == [{"value": new}]


@pytest.mark.parametrize(
    ("type_name", "old", "new"),
    [
        ("numeric", Decimal("1.0"), Decimal("1.00")),
        ("timestamptz", "2026-03-02 12:00:00+00", "2026-03-02 14:00:00+02"),
    ],
)
def test_values_that_are_only_written_differently_are_equal(
    scratch: Session, type_name: str, old: Any, new: Any
) -> None:
    assert run(scratch, merge_of_values(scratch, type_name, old, new)) == MergeResult(0, 0, 0, 0)


def merge_of_values(session: Session, type_name: str, old: Any, new: Any) -> Merge:
    columns = (
        tables.Column("id", "text", False, True, ""),
        tables.Column("value", type_name, True, False, ""),
    )
    session.conn.execute(f"CREATE TABLE analytics.example (id text, value {type_name})")
    table = tables.Table("analytics", "example", columns)
    return merge(session, table, [{"id": "a", "value": old}], [{"id": "a", "value": new}])


def test_keys_that_differ_in_case_or_blanks_are_different(scratch: Session) -> None:
    into = merge(scratch, OFFICES, [office("a"), office("b")], [office("A"), office("b ")])

    assert run(scratch, into) == MergeResult(inserted=2, updated=0, deleted=2, repeated=0)


@pytest.mark.parametrize(
    "arriving", list(permutations([office(1, "new", LATER), office(1, "old"), office(1, "unknown", None)]))
)
def test_the_newest_of_rows_with_one_key_is_taken(scratch: Session, arriving: list[Row]) -> None:
    into = merge(scratch, OFFICES, [office(1)], [*arriving, office(2)])

    assert run(scratch, into) == MergeResult(inserted=1, updated=1, deleted=0, repeated=2)
    assert offices(scratch) == {"o1": "new", "o2": "a"}


@pytest.mark.parametrize("updated", [NOON, None])
def test_of_equally_new_rows_the_same_is_taken_in_any_order(
    scratch: Session, updated: datetime | None
) -> None:
    """Otherwise a load of unchanged data would write."""
    rows = [office(1, "9", updated), office(1, "10", updated), office(1, None, updated)]
    run(scratch, merge(scratch, OFFICES, [], rows))
    before = places(scratch)

    for arriving in permutations(rows):
        assert run(scratch, merge(scratch, OFFICES, [], arriving)) == MergeResult(0, 0, 0, repeated=2)

    assert places(scratch) == before


def test_in_a_table_without_a_time_of_change_the_same_row_is_taken_in_any_order(scratch: Session) -> None:
    rows = [user_office("u1", "o1", vendor) for vendor in ("x", "", None)]
    run(scratch, merge(scratch, USER_OFFICES, [], rows))

    for arriving in permutations(rows):
        assert run(scratch, merge(scratch, USER_OFFICES, [], arriving)) == MergeResult(0, 0, 0, repeated=2)


def test_one_of_identical_rows_is_taken(scratch: Session) -> None:
    into = merge(scratch, OFFICES, [], [office(1)] * 5)

    assert run(scratch, into) == MergeResult(inserted=1, updated=0, deleted=0, repeated=4)


def test_a_key_of_two_columns_is_one_key(scratch: Session) -> None:
    existing = [user_office("u1", "o1"), user_office("u1", "o2"), user_office("u2", "o1")]
    arriving = [
        user_office("u1", "o1", "v5"),
        user_office("u2", "o1"),
        user_office("u2", "o2"),
        user_office("u2", "o2"),
    ]
    into = merge(scratch, USER_OFFICES, existing, arriving)

    assert run(scratch, into) == MergeResult(inserted=1, updated=1, deleted=1, repeated=1)

    query = 'SELECT "User Id", "Office Id", "Vendor Id" FROM analytics.dimuseroffices ORDER BY 1, 2'
    found = [tuple(row.values()) for row in scratch.conn.execute(query)]
    assert found == [("u1", "o1", "v5"), ("u2", "o1", None), ("u2", "o2", None)]


@pytest.mark.parametrize(
    ("moved", "left"), [("{1,1,3,9}", {"o2": "a"}), ("{}", {"o1": "a", "o2": "a", "o3": "b"})]
)
def test_rows_whose_key_has_moved_are_deleted(scratch: Session, moved: str, left: dict[str, str]) -> None:
    into = merge(scratch, OFFICES, [office(1), office(2), office(3)], [office(3, "b")])
    scratch.conn.execute(
        """CREATE TEMPORARY TABLE moved AS SELECT 'o' || n AS "Office Id" FROM unnest(%s::int[]) n""", [moved]
    )
    run(scratch, into, delete_missing=False)

    assert into.delete_moved(MOVED) == 3 - len(left)
    assert offices(scratch) == left


@pytest.mark.parametrize(
    ("moments", "newest"), [([NOON, LATER, None], LATER), ([NOON, None], NOON), ([None], None), ([], None)]
)
def test_the_newest_time_is_that_of_the_staged_rows(
    scratch: Session, moments: list[datetime | None], newest: datetime | None
) -> None:
    existing = [office(9, updated=LATER + timedelta(days=1))]
    arriving = [office(number, updated=moment) for number, moment in enumerate(moments)]

    assert merge(scratch, OFFICES, existing, arriving).newest() == newest


def test_columns_that_only_the_table_has_stay(scratch: Session) -> None:
    scratch.conn.execute("ALTER TABLE analytics.dimoffice ADD extra text DEFAULT 'default'")
    scratch.conn.execute("ALTER TABLE analytics.dimoffice ALTER \"Office Name\" SET DEFAULT 'default'")
    existing = [{**office(1), "extra": "kept"}]
    into = merge(scratch, OFFICES, existing, [office(1, "b"), office(2, None)])

    run(scratch, into)

    query = 'SELECT "Office Id", "Office Name", extra FROM analytics.dimoffice ORDER BY 1'
    found = [tuple(row.values()) for row in scratch.conn.execute(query)]
    assert found == [("o1", "b", "kept"), ("o2", None, "default")]


def test_every_column_of_every_table_is_updated(scratch: Session) -> None:
    for table in tables.all_tables():
        if table.schema != "analytics" or not table.primary_key:
            continue
        names = [column.name for column in table.columns]
        old = {column.name: example(column, 1) for column in table.columns}
        new = {column.name: example(column, 1 if column.in_primary_key else 0) for column in table.columns}
        into = merge(scratch, table, [old], [new])

        assert run(scratch, into) == MergeResult(inserted=0, updated=1, deleted=0, repeated=0)

        (found,) = scratch.conn.execute(sql.SQL("SELECT * FROM {}").format(identifier(scratch, table)))
        assert {name: found[name] for name in names} == new


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
    # The planner's setting was for the transaction only.
    assert session.conn.execute("SHOW enable_nestloop").fetchall() == [{"enable_nestloop": "on"}]


def test_an_error_leaves_the_table_unchanged(scratch: Session) -> None:
    scratch.conn.execute("ALTER TABLE analytics.dimoffice ADD CHECK (\"Office Name\" <> 'refused')")
    into = merge(scratch, OFFICES, [office(1), office(2)], [office(2, "b"), office(3, "refused")])
    before = places(scratch)

    with pytest.raises(psycopg.errors.CheckViolation):
        run(scratch, into)

    assert places(scratch) == before
    assert offices(scratch) == {"o1": "a", "o2": "a"}
