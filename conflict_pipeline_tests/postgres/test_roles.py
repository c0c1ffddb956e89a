"""The privileges that are granted are those that are checked, and those that the statements need."""

import re

import pytest
from psycopg import sql

from conflict_pipeline.cycles.set_up import missing_privileges
from conflict_pipeline.postgres import roles, schema
from conflict_pipeline.postgres.roles import DAGSTER, OWNER, READER, ROLES, WORKER
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.statements import SQL_FOLDER

WRITES = {"conflictvisitmaps": frozenset({"UPDATE"}), "payer_provider_reminders": frozenset({"INSERT"})}
WRITE = re.compile(
    r"(?P<verb>INSERT INTO|UPDATE|DELETE FROM) \{(?:conflict|analytics)\}\.(?P<table>\w+)(?=(?P<rest>[^;]*))"
)
# What `status` reads.
STATUS_STATEMENTS = ("select_newest_cycle", "select_chunks", "select_steps", "select_last_cycles")


@pytest.fixture
def guest(scratch: Session) -> Session:
    """A session whose user may read all tables and do nothing else."""
    scratch.conn.execute(
        """CREATE ROLE test_guest; GRANT USAGE ON SCHEMA conflict, analytics TO test_guest;
        GRANT SELECT ON ALL TABLES IN SCHEMA conflict, analytics TO test_guest; SET LOCAL ROLE test_guest"""
    )
    return scratch


@pytest.fixture
def with_roles(scratch: Session) -> Session:
    """A session of the owner of all tables, on a server with the roles."""
    roles.create_roles(scratch)
    return scratch


def become(session: Session, role: str) -> None:
    session.conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))


def written(folder: str) -> dict[str, set[str]]:
    """What the statements below this folder of sql/ do with permanent tables, by table."""
    found: dict[str, set[str]] = {}
    for path in (SQL_FOLDER / folder).rglob("*.sql"):
        for match in WRITE.finditer(path.read_text(encoding="utf-8")):
            verbs = found.setdefault(match["table"], set())
            verbs.add(match["verb"].split()[0])
            if match["verb"] == "INSERT INTO" and "DO UPDATE" in match["rest"]:
                verbs.add("UPDATE")
    return found


def lacking_writes(guest: Session, *, loads: bool) -> dict[str, set[str]]:
    """The privileges on tables that a user who may only read lacks, by table."""
    found: dict[str, set[str]] = {}
    for line in missing_privileges(guest, loads=loads):
        if match := re.fullmatch(r'(\w+) on "\w+"\."(\w+)"', line):
            found.setdefault(match[2], set()).add(match[1])
    return found


def test_the_worker_needs_what_the_statements_of_steps_and_cycles_do(guest: Session) -> None:
    expected = written("cycles")
    for table, verbs in written("steps").items():
        expected.setdefault(table, set()).update(verbs)
    # By COPY, which is in no file.
    expected["conflict_chunk"].add("INSERT")

    assert lacking_writes(guest, loads=False) == expected


def test_loads_need_what_their_statements_do(guest: Session) -> None:
    lacking = lacking_writes(guest, loads=True)

    # Statements name the tables that are loaded by an identifier.
    expected = {name: verbs for name, verbs in written("loads").items() if name != "factdatarefreshstatus"}
    assert {name: lacking[name] for name in expected} == expected
    assert lacking["dimpayer"] == {"INSERT", "UPDATE", "DELETE"}
    assert lacking["factvisitcallperformance_cr_staging"] == {"INSERT", "DELETE", "TRUNCATE"}


def test_the_reader_reads_what_the_report_and_the_status_are_made_of() -> None:
    paths = [
        *(SQL_FOLDER / "report").glob("*.sql"),
        *(SQL_FOLDER / "cycles" / f"{name}.sql" for name in STATUS_STATEMENTS),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)

    assert set(re.findall(r"\{(?:conflict|analytics)\}\.(\w+)", text)) == set(roles._READ_BY_READER)


def test_an_owner_lacks_nothing(scratch: Session) -> None:
    assert roles.missing(scratch, WRITES, loads=True) == []


def test_what_a_user_lacks_is_named(guest: Session) -> None:
    lacking = roles.missing(guest, WRITES)

    assert 'UPDATE on "conflict"."conflictvisitmaps"' in lacking
    assert 'USAGE on SEQUENCE "conflict"."payer_provider_reminders_ID_seq"' in lacking
    assert not [line for line in lacking if line.startswith("SELECT") or "load_" in line]


def test_a_user_without_the_schemas_lacks_them(scratch: Session) -> None:
    scratch.conn.execute("CREATE ROLE test_newcomer; SET LOCAL ROLE test_newcomer")

    lacking = roles.missing(scratch, WRITES)

    assert {'USAGE on SCHEMA "conflict"', 'USAGE on SCHEMA "analytics"'} < set(lacking)


@pytest.mark.parametrize("loads", [False, True])
def test_what_is_granted_is_all_that_is_needed_and_no_more(with_roles: Session, loads: bool) -> None:
    session = with_roles
    first, second = (roles.grant(session, WRITES, loads=loads) for _ in range(2))

    assert [line.split()[:2] for line in first] == [["granted", WORKER], ["granted", READER]]
    assert second == []
    become(session, WORKER)
    assert roles.missing(session, WRITES, loads=loads) == []
    assert roles.surplus(session, WRITES, loads=loads, own_schemas=[]) == []


def test_without_the_roles_nothing_is_granted(scratch: Session) -> None:
    acls = "SELECT relname, relacl::text FROM pg_class ORDER BY oid"
    before = scratch.conn.execute(acls).fetchall()

    assert roles.grant(scratch, WRITES, loads=True) == []
    assert scratch.conn.execute(acls).fetchall() == before


def test_a_table_that_comes_later_is_granted_then(with_roles: Session) -> None:
    roles.grant(with_roles, WRITES, loads=False)
    with_roles.conn.execute("DROP TABLE conflict.conflict_visit; DROP TABLE conflict.mph")
    schema.apply(with_roles, {})

    done = roles.grant(with_roles, WRITES, loads=False)

    assert done == [f"granted {WORKER} 4 privileges", f"granted {READER} 1 privileges"]


def test_schemas_may_have_other_names(with_roles: Session) -> None:
    names = {"conflict": 'x"; DROP ROLE conflict_worker; --', "analytics": "Tables of {} BI"}
    for name, renamed in names.items():
        statement = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
        with_roles.conn.execute(statement.format(sql.Identifier(name), sql.Identifier(renamed)))
    session = Session(with_roles.conn, names)

    roles.grant(session, WRITES, loads=True)

    become(session, WORKER)
    assert roles.missing(session, WRITES, loads=True) == []
    assert roles.surplus(session, WRITES, loads=True, own_schemas=[]) == []


def test_the_sequence_of_an_adopted_table_is_granted_wherever_it_is(with_roles: Session) -> None:
    with_roles.conn.execute(
        """CREATE SCHEMA "Old"; CREATE SEQUENCE "Old"."a seq"; CREATE SEQUENCE "Old".unused;
        ALTER TABLE conflict.payer_provider_reminders ALTER "ID" SET DEFAULT nextval('"Old"."a seq"')"""
    )

    roles.grant(with_roles, WRITES, loads=False)

    become(with_roles, WORKER)
    assert roles.missing(with_roles, WRITES) == []
    with_roles.conn.execute("RESET ROLE")
    used = "SELECT has_sequence_privilege(%s, %s, 'USAGE') AS is_granted"
    assert with_roles.conn.execute(used, [WORKER, '"Old"."a seq"']).fetchone() == {"is_granted": True}
    assert with_roles.conn.execute(used, [WORKER, '"Old".unused']).fetchone() == {"is_granted": False}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER ROLE {} SUPERUSER", "it is a superuser"),
        ("ALTER ROLE {} CREATEROLE CREATEDB", "CREATEROLE; CREATEDB"),
        ("ALTER ROLE {} REPLICATION BYPASSRLS", "REPLICATION; BYPASSRLS"),
        ("GRANT DELETE ON conflict.conflictvisitmaps TO {}", 'DELETE on "conflict"."conflictvisitmaps"'),
        (
            "GRANT TRUNCATE ON ALL TABLES IN SCHEMA analytics TO {}",
            'TRUNCATE on "analytics"."dimcaregiver", "analytics"."dimcontract", "analytics"."dimoffice" and',
        ),
        ("GRANT CREATE ON SCHEMA conflict, public TO {}", 'CREATE on SCHEMA "conflict", SCHEMA "public"'),
        ("ALTER TABLE conflict.mph OWNER TO {}", "it owns 2 tables, views and sequences"),
        (
            "CREATE TABLE analytics.others (); GRANT SELECT ON analytics.others TO {}",
            'SELECT on "analytics".',
        ),
    ],
)
def test_what_a_role_may_do_beyond_its_need_is_named(with_roles: Session, statement: str, found: str) -> None:
    roles.grant(with_roles, WRITES, loads=False)
    with_roles.conn.execute(statement.format(WORKER).encode())
    become(with_roles, WORKER)

    assert found in "; ".join(roles.surplus(with_roles, WRITES, loads=False, own_schemas=[]))


def test_dagsters_schema_is_no_surplus_where_dagster_uses_the_same_role(with_roles: Session) -> None:
    roles.grant(with_roles, WRITES, loads=False)
    with_roles.conn.execute(f"CREATE SCHEMA dagster AUTHORIZATION {WORKER}".encode())
    become(with_roles, WORKER)

    assert roles.surplus(with_roles, WRITES, loads=False, own_schemas=["dagster"]) == []
    assert roles.surplus(with_roles, WRITES, loads=False, own_schemas=[]) == ['CREATE on SCHEMA "dagster"']


def test_roles_are_created_once_and_may_use_the_database(scratch: Session) -> None:
    first, second = (roles.create_roles(scratch) for _ in range(2))

    assert first == [f"created role {role}" for role in ROLES]
    assert second == []
    rows = scratch.conn.execute(
        """SELECT rolname::text AS role,
            rolcanlogin AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication) AS is_plain,
            has_database_privilege(rolname, current_database(), 'CREATE') AS creates
        FROM pg_roles WHERE rolname = ANY(%s)""",
        [list(ROLES)],
    ).fetchall()
    assert all(row["is_plain"] for row in rows)
    assert {row["role"] for row in rows if row["creates"]} == {OWNER, DAGSTER}
