"""Triggers note the keys that change, regardless of who writes and how, and are created once."""

from typing import Any

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import VISITS
from conflict_pipeline.postgres.triggers import create_triggers, table_states
from conflict_pipeline_tests.rows import change, clear, insert, read, visit

# The key of the first is its primary key, that of the second is not and may be NULL.
TRACKED = {"dimuser": "User Id", "dimpatientaddress": "Patient Id", VISITS: "Visit Id"}
OIDS = "SELECT oid, xmin, tgrelid, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
# Ordinary sessions, and those that apply what another server has written.
ROLES = ("origin", "replica")


def noted(session: Session) -> list[tuple[str, str]]:
    return sorted((row["table_name"], row["key"]) for row in read(session, "conflict_changed_key"))


def in_role(session: Session, role: str) -> None:
    session.conn.execute("SELECT set_config('session_replication_role', %s, TRUE)", [role])


def user(session: Session, name: str = "u1") -> None:
    insert(session, "dimuser", **{"User Id": name})


def address(session: Session, patient: str | None) -> None:
    insert(session, "dimpatientaddress", **{"Patient Address Id": "a1", "Patient Id": patient})


@pytest.mark.parametrize("role", ROLES)
def test_the_keys_of_deleted_rows_are_noted(scratch: Session, role: str) -> None:
    for name in ("u1", "u2"):
        user(scratch, name)
    address(scratch, "t1")
    in_role(scratch, role)

    clear(scratch, "dimuser")
    clear(scratch, "dimpatientaddress")

    assert noted(scratch) == [("dimpatientaddress", "t1"), ("dimuser", "u1"), ("dimuser", "u2")]


@pytest.mark.parametrize("role", ROLES)
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
    scratch: Session, before: str | None, columns: dict[str, Any], expected: list[tuple[str, str]], role: str
) -> None:
    address(scratch, before)
    in_role(scratch, role)

    change(scratch, "dimpatientaddress", **columns)

    assert noted(scratch) == expected


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ("""INSERT INTO {} ("Visit Id") VALUES ('v2'), ('v3')""", ["v2", "v3"]),
        ("""UPDATE {} SET "Is Missed" = TRUE""", ["v1"]),
        ("""UPDATE {} SET "Visit Id" = 'v2'""", ["v1", "v2"]),
        ("DELETE FROM {}", ["v1"]),
        (
            """INSERT INTO {} ("Visit Id") VALUES ('v1'), ('v2')
            ON CONFLICT ("Visit Id") DO UPDATE SET "Is Missed" = TRUE""",
            ["v1", "v2"],
        ),
    ],
)
def test_every_key_of_a_visit_that_is_written_is_noted(
    scratch: Session, statement: str, keys: list[str], role: str
) -> None:
    visit(scratch, "v1")
    scratch.conn.execute("TRUNCATE conflict.conflict_changed_key")
    in_role(scratch, role)

    scratch.conn.execute(statement.format(f"analytics.{VISITS}").encode())

    assert noted(scratch) == [(VISITS, key) for key in keys]


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
        scratch.conn.execute("DELETE FROM conflict.conflict_changed_key")
    scratch.conn.execute("RESET ROLE")
    assert noted(scratch) == [("dimuser", "u1")]


@pytest.mark.parametrize(
    "statement",
    [
        """CREATE TRIGGER bad AFTER DELETE ON mine
        FOR EACH ROW EXECUTE FUNCTION conflict.note_changed_keys('conflicts', 'id', 'removed')""",
        "SELECT conflict.analyze_table('conflict.mph')",
    ],
)
def test_a_user_who_may_only_read_cannot_call_a_function_that_has_the_rights_of_its_owner(
    scratch: Session, statement: str
) -> None:
    scratch.conn.execute(
        """CREATE ROLE test_reader; GRANT USAGE ON SCHEMA conflict TO test_reader;
        SET LOCAL ROLE test_reader; CREATE TEMPORARY TABLE mine (id text)"""
    )

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for function"):
        scratch.conn.execute(statement.encode())


def test_no_function_may_be_executed_by_everyone(scratch: Session) -> None:
    found = scratch.conn.execute(
        """SELECT proname FROM pg_proc
        CROSS JOIN aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
        WHERE pronamespace = 'conflict'::regnamespace AND acl.grantee = 0"""
    )

    assert found.fetchall() == []


def test_a_key_is_noted_with_the_deleting_transaction_and_only_if_it_commits(scratch: Session) -> None:
    own = scratch.conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    for name in ("u1", "u2"):
        user(scratch, name)
    with scratch.transaction(force_rollback=True):
        clear(scratch, "dimuser")
    with scratch.transaction():
        scratch.conn.execute("""DELETE FROM analytics.dimuser WHERE "User Id" = 'u2'""")

    (row,) = read(scratch, "conflict_changed_key")
    assert own is not None
    assert (row["key"], str(row["changed_by"])) == ("u2", own["xid"])


@pytest.mark.parametrize("role", ROLES)
def test_the_function_writes_into_its_own_schema_whatever_the_search_path(
    scratch: Session, role: str
) -> None:
    user(scratch)
    scratch.conn.execute("CREATE TEMPORARY TABLE conflict_changed_key (table_name text, key text)")
    scratch.conn.execute('CREATE TEMPORARY TABLE old_rows ("User Id" text)')
    scratch.conn.execute("SET LOCAL search_path = pg_temp, public")
    in_role(scratch, role)

    clear(scratch, "dimuser")

    assert noted(scratch) == [("dimuser", "u1")]


@pytest.mark.parametrize("name", ["other", "we\"ird'; % {x} \\"])
def test_a_key_is_noted_after_the_schema_was_renamed(scratch: Session, name: str) -> None:
    user(scratch)
    scratch.conn.execute(sql.SQL("ALTER SCHEMA conflict RENAME TO {}").format(sql.Identifier(name)))

    clear(scratch, "dimuser")

    renamed = Session(scratch.conn, {**scratch.schema_names, "conflict": name})
    assert noted(renamed) == [("dimuser", "u1")]
    assert create_triggers(renamed, TRACKED) == []


def test_a_key_is_noted_under_the_tables_own_name_while_it_is_renamed(scratch: Session) -> None:
    user(scratch)
    scratch.conn.execute("ALTER TABLE analytics.dimuser RENAME TO renamed")
    scratch.conn.execute("DELETE FROM analytics.renamed")

    assert noted(scratch) == [("dimuser", "u1")]


def test_two_pipelines_can_track_the_same_tables(session: Session) -> None:
    second = Session(session.conn, {**session.schema_names, "conflict": "second"})
    done = schema.apply(second, TRACKED)
    user(session)

    clear(session, "dimuser")

    assert "created triggers on analytics.dimuser" in done
    assert schema.apply(second, TRACKED) == schema.apply(session, TRACKED) == []
    assert noted(session) == noted(second) == [("dimuser", "u1")]
    session.conn.execute("DROP SCHEMA second CASCADE")
    user(session)
    clear(session, "dimuser")
    assert noted(session) == [("dimuser", "u1")] * 2


PARTITIONED = f"""
    ALTER TABLE analytics.{VISITS} RENAME TO whole;
    CREATE TABLE analytics.{VISITS} (LIKE analytics.whole) PARTITION BY RANGE ("Visit Date");
    DROP TABLE analytics.whole;
    CREATE TABLE analytics.early PARTITION OF analytics.{VISITS} FOR VALUES FROM (MINVALUE) TO ('2026-01-01')
    PARTITION BY LIST ("Is Missed");
    CREATE TABLE analytics.early_other PARTITION OF analytics.early DEFAULT;
    CREATE TABLE analytics.late PARTITION OF analytics.{VISITS} FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)
"""


@pytest.fixture
def partitioned(session: Session) -> Session:
    """With visits in partitions, of which v1 is in `early_other` and v2 in `late`."""
    session.conn.execute(PARTITIONED.encode())
    assert schema.apply(session, TRACKED) == [f"created triggers on analytics.{VISITS}"]
    for name, day in (("v1", "2025-06-01"), ("v2", "2026-06-01")):
        visit(session, name, {"Visit Date": day})
    session.conn.execute("TRUNCATE conflict.conflict_changed_key")
    return session


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        (f"DELETE FROM analytics.{VISITS}", ["v1", "v2"]),
        ("DELETE FROM analytics.early", ["v1"]),
        ("DELETE FROM analytics.early_other", ["v1"]),
        ("""UPDATE analytics.late SET "Is Missed" = TRUE""", ["v2"]),
        (
            f"""UPDATE analytics.{VISITS} SET "Visit Date" = '2026-01-02', "Visit Id" = 'v3'
            WHERE "Visit Id" = 'v1'""",
            ["v1", "v3"],
        ),
        ("""INSERT INTO analytics.late ("Visit Id", "Visit Date") VALUES ('v3', '2026-01-01')""", ["v3"]),
    ],
)
def test_keys_of_partitions_are_noted_under_the_name_of_the_table(
    partitioned: Session, role: str, statement: str, keys: list[str]
) -> None:
    with partitioned.transaction():
        in_role(partitioned, role)
        partitioned.conn.execute(statement.encode())

    assert noted(partitioned) == [(VISITS, key) for key in keys]


def test_triggers_of_a_partition_come_back(partitioned: Session) -> None:
    """When it is new, was detached, or had its triggers disabled or dropped."""
    names = partitioned.conn.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'analytics.late'::regclass"
    ).fetchall()
    own = next(row["tgname"] for row in names if row["tgname"].startswith("note_delete"))
    for statement in (
        f"""ALTER TABLE analytics.{VISITS} DETACH PARTITION analytics.late;
        ALTER TABLE analytics.{VISITS} ATTACH PARTITION analytics.late DEFAULT""",
        "CREATE TABLE analytics.early_missed PARTITION OF analytics.early FOR VALUES IN (TRUE)",
        "ALTER TABLE analytics.late DISABLE TRIGGER USER",
        "ALTER TABLE analytics.late ENABLE TRIGGER USER",
        f"DROP TRIGGER {own} ON analytics.late",
        f"ALTER TABLE analytics.{VISITS} DISABLE TRIGGER USER",
    ):
        before = table_states(partitioned, TRACKED)[VISITS]
        partitioned.conn.execute(statement.encode())
        assert table_states(partitioned, TRACKED)[VISITS] != before

        create_triggers(partitioned, TRACKED)

        assert table_states(partitioned, TRACKED)[VISITS].is_noted, statement
        assert create_triggers(partitioned, TRACKED) == []
    partitioned.conn.execute("DELETE FROM analytics.late")
    assert noted(partitioned) == [(VISITS, "v2")]


def test_a_table_that_becomes_a_partition_keeps_noting_under_its_name(session: Session) -> None:
    visit(session, "v1")
    session.conn.execute(
        f"""TRUNCATE conflict.conflict_changed_key;
        ALTER TABLE analytics.{VISITS} RENAME TO only_part;
        CREATE TABLE analytics.{VISITS} (LIKE analytics.only_part) PARTITION BY RANGE ("Visit Date");
        ALTER TABLE analytics.{VISITS} ATTACH PARTITION analytics.only_part DEFAULT""".encode()
    )
    schema.apply(session, TRACKED)

    session.conn.execute("DELETE FROM analytics.only_part")

    assert noted(session) == [(VISITS, "v1")]
    assert table_states(session, TRACKED)[VISITS].is_noted


def test_only_missing_triggers_are_created_and_disabled_ones_enabled(scratch: Session) -> None:
    before = scratch.conn.execute(OIDS).fetchall()
    assert create_triggers(scratch, TRACKED) == []
    assert scratch.conn.execute(OIDS).fetchall() == before

    scratch.conn.execute("ALTER TABLE analytics.dimpatientaddress DISABLE TRIGGER USER")
    scratch.conn.execute("ALTER TABLE analytics.dimuser ENABLE TRIGGER USER")

    assert create_triggers(scratch, {**TRACKED, "mph": "ID"}) == [
        "created triggers on analytics.dimuser",
        "created triggers on analytics.dimpatientaddress",
        "created triggers on conflict.mph",
    ]
    assert all(state.is_noted for state in table_states(scratch, {**TRACKED, "mph": "ID"}).values())


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("DELETE FROM conflict.conflict_visit", True),
        ("DELETE FROM conflict.conflict_changed_key", True),
        ("UPDATE conflict.conflict_changed_key SET key = 'u2'", True),
        ("DELETE FROM conflict.conflict_changed_key WHERE changed_at < now() - interval '31 days'", False),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_rows_that_incremental_cycles_rely_on_are_kept(
    scratch: Session, statement: str, is_refused: bool, role: str
) -> None:
    insert(scratch, "conflict_visit", visit_id="v1")
    insert(scratch, "conflict_changed_key", table_name="dimuser", key="u1")
    insert(scratch, "conflict_changed_key", table_name="dimuser", key="u1", changed_at="2020-01-01Z")
    in_role(scratch, role)

    if is_refused:
        with pytest.raises(psycopg.errors.RaiseException, match="is refused: incremental cycles rely on"):
            scratch.conn.execute(statement.encode())
    else:
        assert scratch.conn.execute(statement.encode()).rowcount == 1


def test_applying_the_schema_again_waits_for_no_writer(database: Postgres, session: Session) -> None:
    session.conn.execute("SET lock_timeout = '100ms'")
    names = [f"{table.schema}.{table.name}" for table in tables.all_tables()]
    with database.session("other") as other, other.transaction():
        other.conn.execute(f"LOCK TABLE {', '.join(names)} IN ROW EXCLUSIVE MODE".encode())

        assert schema.apply(session, TRACKED) == []


def test_the_key_of_a_row_that_an_update_moves_to_another_partition_is_noted(session: Session) -> None:
    session.conn.execute(
        """DROP TABLE analytics.dimuser;
        CREATE TABLE analytics.dimuser ("User Id" varchar(50), place text) PARTITION BY LIST (place);
        CREATE TABLE analytics.a PARTITION OF analytics.dimuser FOR VALUES IN ('a');
        CREATE TABLE analytics.b PARTITION OF analytics.dimuser FOR VALUES IN ('b');
        INSERT INTO analytics.dimuser VALUES ('u1', 'a')"""
    )
    create_triggers(session, TRACKED)

    session.conn.execute("UPDATE analytics.dimuser SET place = 'b'")
    assert noted(session) == []
    session.conn.execute("""UPDATE analytics.dimuser SET place = 'a', "User Id" = 'u2'""")

    assert noted(session) == [("dimuser", "u1")]
