"""Roles: what is granted is what is checked is what the pipeline's statements do."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest

from conflict_pipeline.cycles.set_up import TRACKED_KEYS, WRITES
from conflict_pipeline.postgres import roles, schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import READER, ROLES, WORKER
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.statements import SQL_FOLDER
from conflict_pipeline_tests.conftest import ROLE_PASSWORD

AsRole = Callable[[str], Postgres]
WRITE = re.compile(
    r"(?P<verb>INSERT INTO|UPDATE|DELETE FROM) \{(?:conflict|analytics)\}\.(?P<table>\w+)(?=(?P<rest>[^;]*))"
)


@pytest.fixture
def as_role(server_roles: None, database: Postgres, environment: Callable[..., Postgres]) -> AsRole:
    """The database, whose tables the tests' own user owns, as another user."""
    with database.session("test") as session:
        roles.grant(session, WRITES, loads=False)

    def connect(role: str) -> Postgres:
        name = database.conninfo["dbname"]
        return environment(name, POSTGRES_USER=role, POSTGRES_PASSWORD=ROLE_PASSWORD)

    return connect


@pytest.fixture
def guest(server_lock: None, session: Session) -> Iterator[Session]:
    """A session whose user may read all tables and do nothing else."""
    session.conn.execute(
        """CREATE ROLE test_guest; GRANT USAGE ON SCHEMA conflict, analytics TO test_guest;
        GRANT SELECT ON ALL TABLES IN SCHEMA conflict, analytics TO test_guest; SET ROLE test_guest"""
    )
    yield session
    session.conn.execute("RESET ROLE; DROP OWNED BY test_guest; DROP ROLE test_guest")


def written(*folders: str) -> dict[str, set[str]]:
    """What the statements of these folders of sql/ do with permanent tables, by table."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in (SQL_FOLDER / folder).rglob("*.sql"):
            for match in WRITE.finditer(path.read_text(encoding="utf-8")):
                verbs = found.setdefault(match["table"], set())
                verbs.add(match["verb"].split()[0])
                if match["verb"] == "INSERT INTO" and "DO UPDATE" in match["rest"]:
                    verbs.add("UPDATE")
    return found


def test_the_list_is_what_the_statements_do() -> None:
    assert written("cycles", "steps") == {**roles._ENGINE_WRITES, **WRITES}


def test_the_list_of_loads_is_what_their_statements_do() -> None:
    # Those of the tables that are loaded have places for the tables' names.
    found = written("loads")
    assert found.pop("factdatarefreshstatus") == {"INSERT"}
    assert {name: set(roles._LOAD_WRITES[name]) for name in found} == found


def test_the_reader_reads_what_the_report_and_the_status_are_made_of() -> None:
    of_status = ("select_cycle", "select_chunks", "select_last_cycles", "select_rules")
    paths = [
        *(SQL_FOLDER / "report").glob("*.sql"),
        *(SQL_FOLDER / "cycles" / f"{name}.sql" for name in of_status),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)

    found = set(re.findall(r"\{(?:conflict|analytics)\}\.(\w+)", text))

    assert set(roles._READ_BY_READER) == found


def test_an_owner_lacks_nothing(session: Session) -> None:
    assert roles.missing(session, WRITES, loads=True) == []


def test_what_the_user_may_not_do_is_named(guest: Session) -> None:
    lacking = roles.missing(guest, WRITES)

    assert 'UPDATE on "conflict"."conflictvisitmaps"' in lacking
    assert 'INSERT on "conflict"."conflictvisitmaps_temp"' in lacking
    assert 'USAGE on SEQUENCE "conflict"."payer_provider_reminders_ID_seq"' in lacking
    assert not [line for line in lacking if line.startswith("SELECT") or "load_" in line]


def test_a_user_without_the_schemas_is_told_so(server_lock: None, session: Session) -> None:
    session.conn.execute("CREATE ROLE test_stranger; SET ROLE test_stranger")
    try:
        lacking = roles.missing(session, WRITES)
    finally:
        session.conn.execute("RESET ROLE; DROP ROLE test_stranger")

    assert {'USAGE on SCHEMA "conflict"', 'USAGE on SCHEMA "analytics"'} < set(lacking)


def test_loads_need_more(guest: Session) -> None:
    more = set(roles.missing(guest, WRITES, loads=True)) - set(roles.missing(guest, WRITES))

    assert 'TRUNCATE on "analytics"."factvisitcallperformance_cr_staging"' in more
    assert 'DELETE on "analytics"."dimpayer"' in more
    assert 'UPDATE on "conflict"."load_watermark"' in more


@pytest.mark.parametrize("loads", [False, True])
def test_what_is_granted_is_all_that_is_needed_and_no_more(
    server_roles: None, session: Session, loads: bool
) -> None:
    first = roles.grant(session, WRITES, loads=loads)

    assert [line.split()[:2] for line in first] == [["granted", WORKER], ["granted", READER]]
    assert roles.grant(session, WRITES, loads=loads) == []
    session.conn.execute(f"SET ROLE {WORKER}".encode())
    assert roles.missing(session, WRITES, loads=loads) == []
    assert roles.surplus(session, WRITES, loads=loads, own_schemas=[]) == []


def test_a_server_without_the_roles_is_left_as_it_is(server_lock: None, session: Session) -> None:
    acls = "SELECT relname, relacl::text FROM pg_class ORDER BY oid"
    before = session.conn.execute(acls).fetchall()

    assert roles.grant(session, WRITES, loads=True) == []
    assert session.conn.execute(acls).fetchall() == before


def test_a_table_that_comes_later_is_granted_then(server_roles: None, session: Session) -> None:
    roles.grant(session, WRITES, loads=False)
    session.conn.execute("DROP TABLE conflict.conflict_snapshot; DROP TABLE conflict.mph")
    schema.apply(session, TRACKED_KEYS)

    done = roles.grant(session, WRITES, loads=False)

    assert done == [f"granted {WORKER} 4 privileges", f"granted {READER} 1 privileges"]


def test_schemas_may_have_other_names(server_roles: None, empty_database: Postgres) -> None:
    names = {
        "postgres_conflict_schema": 'x"; DROP ROLE conflict_worker; --',
        "postgres_analytics_schema": "Tables of {} BI",
    }
    settings = empty_database.settings.model_copy(update=names)
    with Postgres(settings, empty_database.conninfo).session("test") as session:
        schema.apply(session, TRACKED_KEYS)
        roles.grant(session, WRITES, loads=True)

        session.conn.execute(f"SET ROLE {WORKER}".encode())
        assert roles.missing(session, WRITES, loads=True) == []
        assert roles.surplus(session, WRITES, loads=True, own_schemas=[]) == []
        schema.analyze(session, psycopg.sql.Identifier(names["postgres_conflict_schema"], "mph"))


def test_a_sequence_that_was_adopted_is_granted(server_roles: None, empty_database: Postgres) -> None:
    with empty_database.session("test") as session:
        session.conn.execute(
            """CREATE SCHEMA "Old"; CREATE SEQUENCE "Old"."a seq"; CREATE SCHEMA conflict;
            CREATE TABLE conflict.payer_provider_reminders ("ID" numeric DEFAULT nextval('"Old"."a seq"'))"""
        )
        schema.apply(session, TRACKED_KEYS)
        roles.grant(session, WRITES, loads=False)

        session.conn.execute(f"SET ROLE {WORKER}".encode())
        assert roles.missing(session, WRITES) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER ROLE {} SUPERUSER", "it is a superuser"),
        ("ALTER ROLE {} CREATEROLE CREATEDB", "CREATEROLE; CREATEDB"),
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
def test_what_a_role_may_do_beyond_is_named(
    server_roles: None, session: Session, statement: str, found: str
) -> None:
    roles.grant(session, WRITES, loads=False)
    session.conn.execute(statement.format(WORKER).encode())
    session.conn.execute(f"SET ROLE {WORKER}".encode())

    assert found in "; ".join(roles.surplus(session, WRITES, loads=False, own_schemas=[]))


def test_dagsters_schema_is_no_surplus_of_the_same_user(server_roles: None, session: Session) -> None:
    roles.grant(session, WRITES, loads=False)
    session.conn.execute(f"CREATE SCHEMA dagster AUTHORIZATION {WORKER}; SET ROLE {WORKER}".encode())

    assert roles.surplus(session, WRITES, loads=False, own_schemas=["dagster"]) == []
    assert roles.surplus(session, WRITES, loads=False, own_schemas=[]) == ['CREATE on SCHEMA "dagster"']


def test_roles_are_created_once_and_may_use_the_database(server_lock: None, session: Session) -> None:
    try:
        first = roles.create_roles(session)
        assert first == [f"created role {role}" for role in ROLES]
        assert roles.create_roles(session) == []
        for role in ROLES:
            row = session.conn.execute(
                "SELECT rolcanlogin AND NOT rolsuper AND NOT rolcreaterole AS plain,"
                " has_database_privilege(rolname, current_database(), 'CREATE') AS creates"
                " FROM pg_roles WHERE rolname = %s",
                [role],
            ).fetchone()
            assert row == {"plain": True, "creates": role not in {WORKER, READER}}
    finally:
        for role in ROLES:
            session.conn.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_statistics_are_taken_for_who_does_not_own_the_table(as_role: AsRole, database: Postgres) -> None:
    analyzed = "SELECT reltuples FROM pg_class WHERE oid = 'conflict.conflict_scope_row'::regclass"
    with as_role(WORKER).session("test") as session:
        assert session.conn.execute(analyzed).fetchone() == {"reltuples": -1}
        schema.analyze(session, psycopg.sql.Identifier("conflict", "conflict_scope_row"))
        assert session.conn.execute(analyzed).fetchone() == {"reltuples": 0}
