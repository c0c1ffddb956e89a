import psycopg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.set_up import TRACKED_KEYS, WRITES
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import roles, schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline_tests.rows import WIDE, equal_visits, insert, pair, read

FILES = """SELECT relname, relfilenode FROM pg_class
    WHERE relnamespace = 'conflict'::regnamespace AND relkind = 'r' ORDER BY 1"""


def columns(session: Session, table: str) -> dict[str, str]:
    values = {"conflict_schema": "conflict", "analytics_schema": "analytics"}
    rows = session.rows("schema/select_columns", values)
    return {row["column_name"]: row["type_name"] for row in rows if row["table_name"] == table}


def test_everything_is_created_and_the_second_time_there_is_nothing_to_do(empty_database: Postgres) -> None:
    with empty_database.session("test") as session:
        first = schema.apply(session, TRACKED_KEYS)
        second = schema.apply(session, TRACKED_KEYS)

        assert "created table conflict.conflictvisitmaps" in first
        assert "created index conflictvisitmaps_chunk_key" in first
        assert second == []
        assert schema.missing(session) == []
        assert roles.missing(session, WRITES, loads=True) == []


def test_an_empty_database_lacks_everything_and_says_what_to_run(empty_database: Postgres) -> None:
    with empty_database.session("test") as session:
        lacking = schema.missing(session)
        with pytest.raises(PipelineError, match="Run: conflict-pipeline schema apply"):
            schema.require(session)

    assert {f"table {table.schema}.{table.name}" for table in tables.all_tables()} < set(lacking)
    assert {"table conflict.conflict_chunk", "view conflict.conflict_cycle_status"} < set(lacking)


def test_schemas_may_have_other_names(empty_database: Postgres) -> None:
    settings = empty_database.settings.model_copy(
        update={"postgres_conflict_schema": 'My "conflicts"', "postgres_analytics_schema": "Tables of BI"}
    )
    with Postgres(settings, empty_database.conninfo).session("test") as session:
        schema.apply(session, TRACKED_KEYS)

        equal_visits(session)
        assert schema.missing(session) == roles.missing(session, WRITES) == []
        assert read(session, "conflictvisitmaps")[0]["ID"] == 1
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
    ],
)
def test_what_is_missing_is_named_and_comes_back(session: Session, statement: str, lacking: str) -> None:
    session.conn.execute(statement.encode())

    assert schema.missing(session) == [lacking]
    schema.apply(session, TRACKED_KEYS)
    assert schema.missing(session) == []


def test_nothing_that_is_there_is_rewritten(session: Session) -> None:
    session.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "UpdateFlag"')
    session.conn.execute('ALTER TABLE conflict.settings ALTER "ExtraDistance" TYPE bigint, ADD extra text')
    before = session.conn.execute(FILES).fetchall()

    done = schema.apply(session, TRACKED_KEYS)

    assert done == ["added 1 columns to conflict.conflictvisitmaps"]
    assert session.conn.execute(FILES).fetchall() == before
    assert columns(session, "settings").items() >= {"ExtraDistance": "bigint", "extra": "text"}.items()


def test_a_table_that_exists_is_adopted_with_its_id_and_its_rows(empty_database: Postgres) -> None:
    with empty_database.session("test") as session:
        session.conn.execute(
            """CREATE SCHEMA conflict;
            CREATE SEQUENCE conflict.old_seq START 100;
            CREATE TABLE conflict.conflictvisitmaps
                ("ID" numeric(38, 0) PRIMARY KEY DEFAULT nextval('conflict.old_seq'), "SSN" varchar(11));
            INSERT INTO conflict.conflictvisitmaps ("SSN") VALUES ('900000001')"""
        )

        schema.apply(session, TRACKED_KEYS)

        insert(session, "conflictvisitmaps", SSN="900000002")
        rows = read(session, "conflictvisitmaps")
        assert [(row["ID"], row["SSN"]) for row in rows] == [(100, "900000001"), (101, "900000002")]
        assert columns(session, "conflictvisitmaps")["SSN"] == "character varying(11)"
        assert schema.missing(session) == []


def test_a_snapshot_of_125_columns_is_completed_and_can_be_taken(session: Session) -> None:
    names = [column.name for column in tables.get_table("conflictvisitmaps_temp").columns][125:]
    drops = ", ".join(f'DROP COLUMN "{name}"' for name in names)
    session.conn.execute(f"ALTER TABLE conflict.conflictvisitmaps_temp {drops}".encode())
    insert(session, "conflictvisitmaps_temp", ID=5)

    done = schema.apply(session, TRACKED_KEYS)

    assert done == [f"added {len(names)} columns to conflict.conflictvisitmaps_temp"]
    assert read(session, "conflictvisitmaps_temp")[0]["ID"] == 5
    equal_visits(session)
    insert(session, "conflicts", CONFLICTID=7)
    assert snapshot.take_snapshot(session, ledger.current_window(session, WIDE)).rows == 1


def test_a_new_table_has_room_for_new_versions_and_one_that_exists_is_left_as_it_is(session: Session) -> None:
    options = "SELECT reloptions FROM pg_class WHERE oid = 'conflict.conflictvisitmaps'::regclass"
    assert session.conn.execute(options).fetchall() == [{"reloptions": ["fillfactor=50"]}]

    session.conn.execute("ALTER TABLE conflict.conflictvisitmaps RESET (fillfactor)")
    schema.apply(session, TRACKED_KEYS)

    assert session.conn.execute(options).fetchall() == [{"reloptions": None}]


def test_a_new_row_gets_the_next_id(session: Session) -> None:
    ids = [insert(session, "payer_provider_reminders", PayerID="y")["ID"] for _ in range(2)]

    assert ids == [1, 2]


def test_the_sequence_goes_with_its_table(session: Session) -> None:
    session.conn.execute("DROP TABLE conflict.payer_provider_reminders")

    assert schema.apply(session, TRACKED_KEYS) == ["created table conflict.payer_provider_reminders"]
    assert insert(session, "payer_provider_reminders", PayerID="y")["ID"] == 1


def test_an_index_that_a_broken_attempt_left_behind_is_built_anew(session: Session) -> None:
    pair(session, 1)
    pair(session, 2)
    session.conn.execute("DROP INDEX conflict.conflictvisitmaps_chunk_key")
    with pytest.raises(psycopg.errors.UniqueViolation):
        session.conn.execute(
            """CREATE UNIQUE INDEX CONCURRENTLY conflictvisitmaps_chunk_key
            ON conflict.conflictvisitmaps ("SSN")"""
        )

    done = schema.apply(session, TRACKED_KEYS)

    assert done == ["created index conflictvisitmaps_chunk_key"]
    values = {"names": ["conflictvisitmaps_chunk_key"], "conflict_schema": "conflict", "analytics_schema": ""}
    assert session.one("schema/select_indexes", values)["is_valid"] is True
