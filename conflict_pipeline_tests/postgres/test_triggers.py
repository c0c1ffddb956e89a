"""Triggers note keys of deleted rows and replaced keys, regardless of who writes, and are created once."""

from typing import Any

import psycopg
import pytest

from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.triggers import create_triggers
from conflict_pipeline_tests.rows import change, clear, insert, read

# The key of the first is its primary key, that of the second is not and may be NULL.
TRACKED = {"dimuser": "User Id", "dimpatientaddress": "Patient Id"}
OIDS = "SELECT oid, tgrelid, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"


def noted(session: Session) -> list[tuple[str, str]]:
    return [(row["table_name"], row["key"]) for row in read(session, "conflict_deleted_key")]


def user(session: Session, name: str = "u1") -> None:
    insert(session, "dimuser", **{"User Id": name})


def address(session: Session, patient: str | None) -> None:
    insert(session, "dimpatientaddress", **{"Patient Address Id": "a1", "Patient Id": patient})


def test_the_key_of_a_deleted_row_is_noted(scratch: Session) -> None:
    user(scratch)
    address(scratch, "t1")

    clear(scratch, "dimuser")
    clear(scratch, "dimpatientaddress")

    assert sorted(noted(scratch)) == [("dimpatientaddress", "t1"), ("dimuser", "u1")]


@pytest.mark.parametrize(
    ("before", "columns", "expected"),
    [
        ("t1", {"Patient Id": "t2"}, [("dimpatientaddress", "t1")]),
        ("t1", {"Patient Id": None}, [("dimpatientaddress", "t1")]),
        ("t1", {"Patient Id": "t1", "City": "new"}, []),
        (None, {"Patient Id": "t2"}, []),
    ],
)
def test_a_key_that_an_update_replaces_is_noted(
    scratch: Session, before: str | None, columns: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    address(scratch, before)

    change(scratch, "dimpatientaddress", **columns)

    assert noted(scratch) == expected


@pytest.mark.parametrize("statement", ["DELETE FROM {}", """UPDATE {} SET "User Id" = 'u2'"""])
def test_a_key_is_noted_for_a_user_without_rights_on_the_pipelines_tables(
    scratch: Session, statement: str
) -> None:
    user(scratch)
    scratch.conn.execute(
        """CREATE ROLE test_deleter; GRANT USAGE ON SCHEMA analytics TO test_deleter;
        GRANT SELECT, UPDATE, DELETE ON analytics.dimuser TO test_deleter; SET LOCAL ROLE test_deleter"""
    )

    scratch.conn.execute(statement.format("analytics.dimuser").encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege), scratch.transaction():
        scratch.conn.execute("DELETE FROM conflict.conflict_deleted_key")
    scratch.conn.execute("RESET ROLE")
    assert noted(scratch) == [("dimuser", "u1")]


def test_a_key_is_noted_with_the_deleting_transaction_and_only_if_it_commits(scratch: Session) -> None:
    own = scratch.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    for name in ("u1", "u2"):
        user(scratch, name)
    with scratch.transaction(force_rollback=True):
        clear(scratch, "dimuser")
    with scratch.transaction():
        scratch.conn.execute("""DELETE FROM analytics.dimuser WHERE "User Id" = 'u2'""")

    (row,) = read(scratch, "conflict_deleted_key")
    assert own is not None
    assert (row["key"], str(row["deleted_by"])) == ("u2", own["xid"])


def test_the_function_writes_into_its_own_schema_whatever_the_search_path(scratch: Session) -> None:
    user(scratch)
    scratch.conn.execute("CREATE TEMPORARY TABLE conflict_deleted_key (table_name text, key text)")
    scratch.conn.execute("SET LOCAL search_path = pg_temp, public")

    clear(scratch, "dimuser")

    assert noted(scratch) == [("dimuser", "u1")]


def test_only_missing_triggers_are_created(scratch: Session) -> None:
    scratch.conn.execute("ALTER TABLE analytics.dimpatientaddress DISABLE TRIGGER conflict_note_deleted_key")
    before = scratch.conn.execute(OIDS).fetchall()
    assert create_triggers(scratch, TRACKED) == []
    assert scratch.conn.execute(OIDS).fetchall() == before

    scratch.conn.execute("DROP TRIGGER conflict_note_changed_key ON analytics.dimuser")

    assert create_triggers(scratch, {**TRACKED, "mph": "ID"}) == [
        "created trigger conflict_note_changed_key on analytics.dimuser",
        "created trigger conflict_note_deleted_key on conflict.mph",
        "created trigger conflict_note_changed_key on conflict.mph",
    ]


def test_applying_the_schema_again_waits_for_no_writer(database: Postgres, session: Session) -> None:
    session.conn.execute("SET lock_timeout = '100ms'")
    names = [f"{table.schema}.{table.name}" for table in tables.all_tables()]
    with database.session("other") as other, other.transaction():
        other.conn.execute(f"LOCK TABLE {', '.join(names)} IN ROW EXCLUSIVE MODE".encode())

        assert schema.apply(session, TRACKED) == []
