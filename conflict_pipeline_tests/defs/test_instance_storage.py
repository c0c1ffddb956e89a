"""Where Dagster's own records are kept."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import dagster as dg
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import roles
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.roles import DAGSTER, WORKER
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.conftest import ROLE_PASSWORD
from conflict_pipeline_tests.server import ROLE_WITH_PASSWORD
from conflict_pipeline_tests.small_cycles import waits_for_a_lock

DAGSTER_YAML = Path(__file__).parents[2] / "dagster_home" / "dagster.yaml"
AWKWARD = "p@ss:w/rd?&=#%41 \\'\"ä+"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for dagster.yaml as the project ships it."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(DAGSTER_YAML, folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def open_instance() -> dg.DagsterInstance:
    """The instance as every Dagster command opens it."""
    return dg.DagsterInstance.get()


def use(instance: dg.DagsterInstance) -> None:
    """Write and read a run and a partition."""
    run = instance.add_run(dg.DagsterRun(job_name="job"))
    instance.report_run_failed(run)
    instance.add_dynamic_partitions("conflict_chunks", ["c1_0001"])
    assert [found.run_id for found in instance.get_runs()] == [run.run_id]
    assert list(instance.get_dynamic_partitions("conflict_chunks")) == ["c1_0001"]


def tables(session: Session) -> dict[str, set[str]]:
    """The tables of the database by schema."""
    rows = session.conn.execute(
        """SELECT schemaname AS schema, array_agg(tablename::text) AS names FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY schemaname"""
    )
    return {row["schema"]: set(row["names"]) for row in rows}


@pytest.fixture
def with_awkward_password(
    empty_database: Postgres, environment: Callable[..., Postgres]
) -> Iterator[Postgres]:
    """The settings name the one user whom the tests' server asks for a password."""
    name = empty_database.conninfo["dbname"]
    with empty_database.session("test") as session:
        session.conn.execute("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN SUPERUSER")
        session.conn.execute("SELECT set_config('password_encryption', 'scram-sha-256', false)")
        session.conn.execute(f"ALTER ROLE locked PASSWORD '{AWKWARD.replace(chr(39), chr(39) * 2)}'".encode())
        yield environment(name, POSTGRES_USER=ROLE_WITH_PASSWORD, POSTGRES_PASSWORD=AWKWARD)
        session.conn.execute("REASSIGN OWNED BY locked TO CURRENT_USER; DROP ROLE locked")


def test_without_a_configured_database_it_is_in_files_beside_dagster_yaml(home: Path) -> None:
    with open_instance() as instance:
        use(instance)

    assert (home / "history" / "runs.db").is_file()


def test_the_configured_database_has_it_in_a_schema_of_its_own(empty_database: Postgres, home: Path) -> None:
    with open_instance() as instance:
        use(instance)

    with empty_database.session("test") as session:
        found = tables(session)
    assert found.keys() == {"dagster"}
    assert found["dagster"] >= {"runs", "event_logs", "dynamic_partitions", "alembic_version"}
    assert not list(home.rglob("*.db"))


def test_the_schema_has_the_name_that_the_settings_give(
    empty_database: Postgres, environment: Callable[..., Postgres]
) -> None:
    environment(empty_database.conninfo["dbname"], DAGSTER_POSTGRES_SCHEMA="Dagster records")

    with open_instance() as instance:
        use(instance)

    with empty_database.session("test") as session:
        assert tables(session).keys() == {"Dagster records"}


def test_opening_it_again_finds_what_is_there(empty_database: Postgres) -> None:
    with open_instance() as instance:
        use(instance)

    with open_instance() as instance:
        assert list(instance.get_dynamic_partitions("conflict_chunks")) == ["c1_0001"]


def test_several_processes_may_open_it_for_the_first_time_at_once(empty_database: Postgres) -> None:
    start = Barrier(4)

    def open_one(_: int) -> list[str]:
        start.wait()
        with open_instance() as instance:
            instance.add_dynamic_partitions("conflict_chunks", ["c1_0001"])
            return list(instance.get_dynamic_partitions("conflict_chunks"))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_one, range(4))) == [["c1_0001"]] * 4


def test_who_finds_another_one_creating_the_schema_waits_and_goes_on(empty_database: Postgres) -> None:
    def open_one() -> list[str]:
        with open_instance() as instance:
            return list(instance.get_dynamic_partitions("conflict_chunks"))

    with (
        ThreadPoolExecutor(1) as pool,
        empty_database.session("onlooker") as onlooker,
        empty_database.session("first") as first,
    ):
        with first.transaction():
            first.conn.execute("CREATE SCHEMA dagster")
            second = pool.submit(open_one)
            while not waits_for_a_lock(onlooker, "dagster storage"):
                assert not second.done()
        assert second.result() == []


def test_a_password_may_hold_any_character(with_awkward_password: Postgres) -> None:
    with open_instance() as instance:
        use(instance)


def test_no_password_is_in_what_dagster_shows_of_its_settings(with_awkward_password: Postgres) -> None:
    with open_instance() as instance:
        assert AWKWARD not in repr(instance.info_dict())
        assert AWKWARD not in instance.info_str()


def test_it_belongs_to_a_user_of_its_own(
    server_roles: None, empty_database: Postgres, environment: Callable[..., Postgres]
) -> None:
    with empty_database.session("test") as session:
        roles.create_roles(session)
    environment(
        empty_database.conninfo["dbname"],
        POSTGRES_USER=WORKER,
        POSTGRES_PASSWORD=ROLE_PASSWORD,
        DAGSTER_POSTGRES_USER=DAGSTER,
        DAGSTER_POSTGRES_PASSWORD=ROLE_PASSWORD,
    )

    with open_instance() as instance:
        use(instance)

    with empty_database.session("test") as session:
        owners = session.conn.execute(
            """SELECT DISTINCT schemaname::text AS schema, tableowner::text AS owner FROM pg_tables
            WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"""
        ).fetchall()
    assert owners == [{"schema": "dagster", "owner": DAGSTER}]


def test_a_user_who_may_not_make_the_schema_is_told_what_to_do(
    server_roles: None, empty_database: Postgres, environment: Callable[..., Postgres]
) -> None:
    environment(empty_database.conninfo["dbname"], POSTGRES_USER=WORKER, POSTGRES_PASSWORD=ROLE_PASSWORD)

    with pytest.raises(PipelineError) as error:
        open_instance()

    assert str(error.value) == (
        f"Dagster's schema dagster does not exist, and user {WORKER} may not create it. "
        "Run: conflict-pipeline schema roles, and see DAGSTER_POSTGRES_USER."
    )


def test_a_server_that_does_not_answer_is_named(environment: Callable[..., Postgres]) -> None:
    environment("postgres", POSTGRES_HOST="127.0.0.1", POSTGRES_PORT="1")

    with pytest.raises(PipelineError, match=r"127\.0\.0\.1:1 does not answer"):
        open_instance()
