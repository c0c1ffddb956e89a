"""`schema apply` creates what is missing, adopts what exists, and is needed once."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import roles, schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.rows import insert, pair, read

TRACKED = {"dimuser": "User Id"}
FILES = """SELECT relname, relfilenode FROM pg_class
    WHERE relnamespace = 'conflict'::regnamespace AND relkind = 'r' ORDER BY 1"""


def column_types(session: Session, table: str) -> dict[str, str]:
    return schema.column_types(session, tables.get_table(table))


def test_an_empty_database_is_filled_once_whatever_its_schemas_are_called(empty_database: Postgres) -> None:
    names = {"postgres_conflict_schema": "we\"ird'; x", "postgres_analytics_schema": 'An "a" {schema}\\'}
    renamed = Postgres(empty_database.settings.model_copy(update=names), empty_database.conninfo)
    with renamed.session("test") as session:
        lacking = schema.missing(session)
        with pytest.raises(PipelineError, match=r"and \d+ more\. Run: conflict-pipeline schema apply$"):
            schema.require(session)

        first, second = schema.apply(session, TRACKED), schema.apply(session, TRACKED)

        assert {f"table {table.schema}.{table.name}" for table in tables.all_tables()} < set(lacking)
        assert {"table conflict.conflict_chunk", "view conflict.conflict_cycle_status"} < set(lacking)
        assert "created table conflict.conflictvisitmaps" in first
        assert "created triggers on analytics.dimuser" in first
        assert "created index conflictvisitmaps_chunk_key" in first
        assert second == schema.missing(session) == roles.missing(session, {}, loads=True) == []
        assert insert(session, "payer_provider_reminders", PayerID="y")["ID"] == 1
    with empty_database.session("test") as session:
        assert "table conflict.settings" in schema.missing(session)


@pytest.mark.parametrize(
    ("statement", "lacking"),
    [
        ('ALTER TABLE conflict.mph DROP COLUMN "To"', 'column "To" of conflict.mph'),
        ("DROP TABLE conflict.conflict_moved_row", "table conflict.conflict_moved_row"),
        ("DROP VIEW conflict.conflict_cycle_status", "view conflict.conflict_cycle_status"),
        ("DROP FUNCTION conflict.analyze_table", "function conflict.analyze_table"),
        ("DROP TABLE analytics.dimuser", "table analytics.dimuser"),
        (
            'ALTER TABLE analytics.factvisitcallperformance_cr_staging DROP COLUMN "Visit Id"',
            'column "Visit Id" of analytics.factvisitcallperformance_cr_staging',
        ),
    ],
)
def test_what_is_missing_is_named_and_comes_back(scratch: Session, statement: str, lacking: str) -> None:
    scratch.conn.execute(statement.encode())

    assert schema.missing(scratch) == [lacking]
    schema.apply(scratch, TRACKED)
    assert schema.missing(scratch) == []


def test_existing_tables_are_completed_and_not_rewritten(scratch: Session) -> None:
    names = [column.name for column in tables.get_table("conflictvisitmaps_temp").columns][125:]
    drops = ", ".join(f'DROP COLUMN "{name}"' for name in names)
    scratch.conn.execute(f"ALTER TABLE conflict.conflictvisitmaps_temp {drops}".encode())
    scratch.conn.execute("ALTER TABLE conflict.conflictvisitmaps RESET (fillfactor)")
    scratch.conn.execute('ALTER TABLE conflict.settings ALTER "ExtraDistance" TYPE bigint, ADD extra text')
    insert(scratch, "conflictvisitmaps_temp", ID=5)
    before = scratch.conn.execute(FILES).fetchall()

    done = schema.apply(scratch, TRACKED)

    assert done == [f"added {len(names)} columns to conflict.conflictvisitmaps_temp"]
    assert scratch.conn.execute(FILES).fetchall() == before
    assert read(scratch, "conflictvisitmaps_temp")[0]["ID"] == 5
    assert column_types(scratch, "settings")["ExtraDistance"] == "bigint"
    options = "SELECT reloptions FROM pg_class WHERE oid = 'conflict.conflictvisitmaps'::regclass"
    assert scratch.conn.execute(options).fetchone() == {"reloptions": None}


def test_an_adopted_table_keeps_its_rows_its_types_and_its_sequence(empty_database: Postgres) -> None:
    with empty_database.session("test") as session:
        session.conn.execute(
            """CREATE SCHEMA conflict;
            CREATE SEQUENCE conflict.old_seq START 100;
            CREATE TABLE conflict.conflictvisitmaps
                ("ID" numeric(38, 0) PRIMARY KEY DEFAULT nextval('conflict.old_seq'), "SSN" varchar(11));
            INSERT INTO conflict.conflictvisitmaps ("SSN") VALUES ('900000001')"""
        )

        schema.apply(session, TRACKED)

        insert(session, "conflictvisitmaps", SSN="900000002")
        rows = read(session, "conflictvisitmaps")
        assert [(row["ID"], row["SSN"]) for row in rows] == [(100, "900000001"), (101, "900000002")]
        assert column_types(session, "conflictvisitmaps")["SSN"] == "character varying(11)"
        assert schema.missing(session) == []


def test_tables_have_the_types_of_the_list_and_room_for_new_versions(scratch: Session) -> None:
    assert column_types(scratch, "mph") == {
        "ID": "numeric(38,0)",
        "RECORDEDDATETIME": "timestamp without time zone",
        "TYPE": "character varying(50)",
        "From": "numeric(38,0)",
        "To": "numeric(38,0)",
        "AverageMilesPerHour": "numeric(38,0)",
    }
    options = "SELECT reloptions FROM pg_class WHERE oid = 'conflict.conflictvisitmaps'::regclass"
    assert scratch.conn.execute(options).fetchone() == {"reloptions": ["fillfactor=50"]}


def test_a_sequence_is_dropped_and_created_with_its_table(scratch: Session) -> None:
    insert(scratch, "payer_provider_reminders", PayerID="y")
    scratch.conn.execute("DROP TABLE conflict.payer_provider_reminders")

    assert schema.apply(scratch, TRACKED) == ["created table conflict.payer_provider_reminders"]
    assert [insert(scratch, "payer_provider_reminders", PayerID="y")["ID"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("name", tables.STAGED_TABLES)
def test_a_staging_table_has_the_types_of_its_table_in_this_database(scratch: Session, name: str) -> None:
    staging = tables.staging_name(name)
    change = sql.SQL('DROP TABLE analytics.{}; ALTER TABLE analytics.{} ALTER "Office Id" TYPE varchar(777)')
    scratch.conn.execute(change.format(sql.Identifier(staging), sql.Identifier(name)))

    schema.apply(scratch, TRACKED)

    columns = tables.get_table(name).columns
    staged = schema.column_types(scratch, tables.Table("analytics", staging, columns))
    assert staged == column_types(scratch, name)
    assert staged["Office Id"] == "character varying(777)"
    constraints = "SELECT FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull"
    assert scratch.conn.execute(constraints, [f"analytics.{staging}"]).fetchall() == []


def test_a_crash_empties_the_slices_of_a_load_together_with_the_staging_tables(scratch: Session) -> None:
    rows = scratch.conn.execute(
        "SELECT relname, relpersistence FROM pg_class"
        " WHERE relname ~ '_staging$|^load_slice' AND relkind IN ('r', 'i')"
    ).fetchall()

    assert {row["relpersistence"] for row in rows} == {"u"}
    assert {"load_slice", "load_slice_pkey", *map(tables.staging_name, tables.STAGED_TABLES)} == {
        row["relname"] for row in rows
    }


@pytest.mark.parametrize("name", ["filled", "Filled; or not"])
def test_a_user_who_does_not_own_a_table_can_update_its_statistics(scratch: Session, name: str) -> None:
    table = sql.Identifier("conflict", name)
    scratch.conn.execute(sql.SQL("CREATE TABLE {} ()").format(table))
    scratch.conn.execute("CREATE ROLE test_guest; GRANT USAGE ON SCHEMA conflict TO test_guest")
    scratch.conn.execute("GRANT EXECUTE ON FUNCTION conflict.analyze_table TO test_guest")
    scratch.conn.execute("SET LOCAL ROLE test_guest")

    schema.analyze(scratch, table)

    rows = scratch.conn.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [name]).fetchone()
    assert rows == {"reltuples": 0}


def test_an_index_that_an_interrupted_attempt_left_invalid_is_rebuilt(session: Session) -> None:
    pair(session, 1)
    pair(session, 2)
    session.conn.execute("DROP INDEX conflict.conflictvisitmaps_chunk_key")
    with pytest.raises(psycopg.errors.UniqueViolation):
        session.conn.execute(
            """CREATE UNIQUE INDEX CONCURRENTLY conflictvisitmaps_chunk_key
            ON conflict.conflictvisitmaps ("SSN")"""
        )
    session.conn.execute(
        "CREATE SCHEMA others; CREATE TABLE others.x (y int);"
        "CREATE INDEX conflictvisitmaps_chunk_key ON others.x (y)"
    )

    done = schema.apply(session, TRACKED)

    assert done == ["created index conflictvisitmaps_chunk_key"]
    valid = (
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'conflict.conflictvisitmaps_chunk_key'::regclass"
    )
    assert session.conn.execute(valid).fetchone() == {"indisvalid": True}


GIVE_TO_TWO_USERS = """DO $$
DECLARE given record;
BEGIN
    ALTER SCHEMA conflict OWNER TO conflict_owner;
    ALTER SCHEMA analytics OWNER TO conflict_worker;
    FOR given IN
        SELECT nspname, relname, relkind, nspowner::regrole AS owner FROM pg_class
        INNER JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname IN ('conflict', 'analytics') AND relkind IN ('r', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %I.%I OWNER TO %s', given.nspname, given.relname, given.owner);
    END LOOP;
    ALTER FUNCTION conflict.note_changed_keys OWNER TO conflict_owner;
    ALTER FUNCTION conflict.analyze_table OWNER TO conflict_owner;
    ALTER FUNCTION conflict.refuse_change OWNER TO conflict_owner;
    GRANT ALL ON SCHEMA analytics TO conflict_owner;
    GRANT ALL ON ALL TABLES IN SCHEMA analytics TO conflict_owner;
END $$"""


def test_nothing_is_written_where_the_schemas_belong_to_two_users(
    server_roles: None, database: Postgres, environment: Callable[..., Postgres]
) -> None:
    with database.session("administrator") as session:
        roles.create_roles(session)
        session.conn.execute("DROP INDEX analytics.dimpatientaddress_patient_id")
        session.conn.execute("DROP TABLE conflict.load_slice")
        session.conn.execute(GIVE_TO_TWO_USERS)
    owner = environment(
        database.conninfo["dbname"], POSTGRES_USER=roles.OWNER, POSTGRES_PASSWORD=ROLE_PASSWORD
    )

    with owner.session("test") as session, pytest.raises(PipelineError) as error:
        schema.apply(session, TRACKED)

    assert str(error.value).startswith(
        "User conflict_owner does not own schema analytics (conflict_worker), table analytics.dim"
    )
    with database.session("test") as session:
        assert schema.missing(session) == ["table conflict.load_slice"]
