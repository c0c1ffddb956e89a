"""Deleted keys are noted, whoever deletes; the triggers are created once, whatever the schemas are called."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.set_up import TRACKED_KEYS
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WIDE, change, clear, equal_visits, insert, read

OIDS = "SELECT oid, tgrelid, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"


def noted(session: Session) -> list[tuple[str, str]]:
    return [(row["table_name"], row["key"]) for row in read(session, "conflict_deleted_key")]


@pytest.fixture
def role(session: Session) -> Iterator[str]:
    """One that may write the analytics tables and use no other schema."""
    name = "test_deleter"
    session.conn.execute(
        f"""CREATE ROLE {name}; GRANT USAGE ON SCHEMA analytics TO {name};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA analytics TO {name}""".encode()
    )
    yield name
    session.conn.execute(f"RESET ROLE; DROP OWNED BY {name}; DROP ROLE {name}".encode())


@pytest.mark.parametrize("statement", ["DELETE FROM {}", """UPDATE {} SET "User Id" = 'u2'"""])
def test_a_key_is_noted_for_a_role_that_may_not_write_there(
    session: Session, role: str, statement: str
) -> None:
    insert(session, "dimuser", **{"User Id": "u1"})
    session.conn.execute(f"SET ROLE {role}".encode())

    session.conn.execute(statement.format("analytics.dimuser").encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.conn.execute("DELETE FROM conflict.conflict_deleted_key")
    session.conn.execute("RESET ROLE")
    assert noted(session) == [("dimuser", "u1")]


def test_what_is_rolled_back_is_not_noted(session: Session) -> None:
    for number in (1, 2):
        insert(session, "dimuser", **{"User Id": f"u{number}"})
    with session.transaction(force_rollback=True):
        clear(session, "dimuser")
    with session.transaction():
        with session.transaction(force_rollback=True):
            clear(session, "dimuser")
        session.conn.execute("""DELETE FROM analytics.dimuser WHERE "User Id" = 'u2'""")

    assert noted(session) == [("dimuser", "u2")]


def test_a_key_is_noted_by_the_transaction_that_deletes_also_under_a_savepoint(session: Session) -> None:
    insert(session, "dimuser", **{"User Id": "u1"})
    with session.transaction(), session.transaction():
        own = session.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
        clear(session, "dimuser")

    (row,) = read(session, "conflict_deleted_key")
    assert own is not None
    assert str(row["deleted_by"]) == own["xid"]


def test_the_second_time_no_trigger_is_created_or_replaced(session: Session) -> None:
    before = session.conn.execute(OIDS).fetchall()

    assert schema.apply(session, TRACKED_KEYS) == []

    assert session.conn.execute(OIDS).fetchall() == before
    assert len(before) == 2 * len(TRACKED_KEYS)


def test_one_that_is_missing_comes_back_and_is_named(session: Session) -> None:
    session.conn.execute("DROP TRIGGER conflict_note_changed_key ON analytics.dimuser")

    done = schema.apply(session, TRACKED_KEYS)

    assert done == ["created trigger conflict_note_changed_key on analytics.dimuser"]


def test_one_that_a_database_has_disabled_is_left_to_it(session: Session) -> None:
    session.conn.execute("ALTER TABLE analytics.dimuser DISABLE TRIGGER conflict_note_deleted_key")

    assert schema.apply(session, TRACKED_KEYS) == []


def test_none_is_created_while_somebody_writes_to_a_table_that_has_it(
    database: Postgres, session: Session
) -> None:
    session.conn.execute("SET lock_timeout = '100ms'")
    with database.session("other") as other, other.transaction():
        for name in TRACKED_KEYS:
            other.conn.execute(f"LOCK TABLE {where(name)} IN ROW EXCLUSIVE MODE".encode())

        assert schema.apply(session, TRACKED_KEYS) == []


def where(name: str) -> str:
    return f"{tables.get_table(name).schema}.{name}"


def test_deletions_are_noted_and_cycles_planned_whatever_the_schemas_are_called(
    empty_database: Postgres,
) -> None:
    names = {"postgres_conflict_schema": "we\"ird'; x", "postgres_analytics_schema": 'An "a" {schema}\\'}
    there = Postgres(empty_database.settings.model_copy(update=names), empty_database.conninfo)
    with there.session("test") as session:
        first = schema.apply(session, TRACKED_KEYS)
        assert len([line for line in first if line.startswith("created trigger")]) == 24
        assert schema.apply(session, TRACKED_KEYS) == []

        equal_visits(session)
        insert(session, "conflicts", CONFLICTID=7)
        settings = replace(WIDE, mode="incremental")
        plan = run.plan_cycle(session, settings, "run")
        change(session, "conflict_cycle", state="completed")
        clear(session, "dimcaregiver")
        again = run.plan_cycle(session, settings, "run")

        assert (plan.rows, plan.mode, again.rows, again.scope) == (1, "full", 1, "changed")
        assert noted(session) == [("dimcaregiver", "c1")]


@pytest.mark.parametrize(("days", "is_kept"), [(30, True), (32, False)])
def test_a_plan_forgets_keys_of_long_ago(session: Session, days: int, is_kept: bool) -> None:
    equal_visits(session)
    session.conn.execute(
        """INSERT INTO conflict.conflict_deleted_key (table_name, key, deleted_at)
        VALUES ('dimuser', 'u1', now() - make_interval(days => %s))""",
        [days],
    )

    run.plan_cycle(session, WIDE, "run")

    assert noted(session) == ([("dimuser", "u1")] if is_kept else [])
