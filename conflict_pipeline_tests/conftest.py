"""A real Postgres for every test: an embedded one, or the one that TEST_POSTGRES_CONNINFO names.

Each worker of pytest-xdist has a server. A test gets either `scratch`, a session whose writes are rolled
back, or, where it commits or needs several sessions, a `database` of its own, cloned from a template that
holds the schema. The named server needs a superuser.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.roles import ROLES
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.server import (
    TEMPLATE,
    Conninfo,
    database_variables,
    drop_database,
    open_database,
    recreate_database,
    start_server,
)

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

ROLE_PASSWORD = "test"
_PREFIXES = (
    "ASSET_",
    "CYCLE_",
    "DAGSTER_",
    "LOAD_",
    "LOG_",
    "NOTIFY_",
    "PARITY_",
    "POSTGRES_",
    "REPORT_",
    "SNOWFLAKE_",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers, but none for named files, because starting workers takes longer than most files; nor for
    services, because those tests start several processes each; nor on a named server, because each worker
    needs its own.
    """
    names_files = any(".py" in argument for argument in config.args)
    is_alone = names_files or config.option.markexpr == "services" or "TEST_POSTGRES_CONNINFO" in os.environ
    return 0 if is_alone else 2


@pytest.fixture(autouse=True)
def _settings_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No test sees the developer's environment or `.env`, nor what another test has set."""
    for name in list(os.environ):
        if name.startswith(_PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def server() -> Iterator[Conninfo]:
    """Connection parameters of a server where databases can be created, with TEMPLATE.

    Each worker has its own. On a shared one, tests would depend on one another: roles belong to the server,
    and a transaction of one worker is running for all databases, on which an incremental cycle depends.
    """
    with start_server() as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def _admin(server: Conninfo) -> Iterator[psycopg.Connection]:
    """A connection that creates and drops databases and roles."""
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        yield conn


@pytest.fixture
def new_database(_admin: psycopg.Connection) -> Iterator[Callable[[str], str]]:
    """Creates databases, `new_database("template1")`, dropped after the test; returns their names."""
    created: list[str] = []

    def create(template: str) -> str:
        name = f"conflict_pipeline_test_{os.getpid()}_{len(created)}"
        created.append(name)
        recreate_database(_admin, name, template)
        return name

    yield create
    for name in created:
        drop_database(_admin, name)


@pytest.fixture
def server_roles(_admin: psycopg.Connection) -> Iterator[None]:
    """The pipeline's roles, with ROLE_PASSWORD. Ask for it before a database, which must go first."""
    for role in ROLES:
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        _admin.execute(statement.format(sql.Identifier(role), sql.Literal(ROLE_PASSWORD)))
    yield
    for role in ROLES:
        _admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def environment(server: Conninfo, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Postgres]:
    """Points the settings at a database, `environment(name, REPORT_TIMEZONE="…")`; returns it opened."""
    quick = {
        # Elsewhere a retry waits for seconds.
        "CHUNK_RETRY_DELAY_SECONDS": "0.05",
        # Drawing takes seconds; tests of the HTML report turn it on.
        "REPORT_AFTER_CYCLE": "false",
    }

    def point(database: str, **variables: str) -> Postgres:
        for name, value in {**quick, **database_variables(server, database), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        return open_postgres()

    return point


@pytest.fixture
def database(new_database: Callable[[str], str], environment: Callable[..., Postgres]) -> Postgres:
    """A database with the schema and without a row; also the one that the settings name."""
    return environment(new_database(TEMPLATE))


@pytest.fixture
def empty_database(new_database: Callable[[str], str], environment: Callable[..., Postgres]) -> Postgres:
    """A database with nothing in it; also the one that the settings name."""
    return environment(new_database("template0"))


@pytest.fixture
def session(database: Postgres) -> Iterator[Session]:
    """A session on `database`."""
    with database.session("test") as session:
        yield session


@pytest.fixture(scope="session")
def shared_database(server: Conninfo, _admin: psycopg.Connection) -> Iterator[Postgres]:
    """A database with the schema and no row, for tests that commit nothing."""
    name = f"conflict_pipeline_scratch_{os.getpid()}"
    recreate_database(_admin, name, TEMPLATE)
    yield open_database(server, name)
    drop_database(_admin, name)


@pytest.fixture(scope="session")
def _scratch_session(shared_database: Postgres) -> Iterator[Session]:
    with shared_database.session("test") as session:
        yield session


@pytest.fixture
def scratch(_scratch_session: Session) -> Iterator[Session]:
    """A session whose writes are rolled back after the test; the database has the schema and no row.

    Enough, and much quicker than a database of one's own, where no second session looks on.
    """
    with _scratch_session.transaction(force_rollback=True):
        yield _scratch_session


@pytest.fixture(scope="session")
def _dagster_instance() -> "Iterator[DagsterInstance]":
    from dagster import DagsterInstance  # noqa: PLC0415

    with DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def instance(_dagster_instance: "DagsterInstance") -> "Iterator[DagsterInstance]":
    """Dagster's records, in memory and empty; emptying them takes a tenth of the time of creating them."""
    yield _dagster_instance
    _dagster_instance.wipe()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account of AWS with nothing in it, as moto answers for it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    from moto import mock_aws  # noqa: PLC0415

    with mock_aws():
        yield


class Bucket:
    """The bucket `reports`."""

    def __init__(self) -> None:
        import boto3  # noqa: PLC0415

        self._s3 = boto3.client("s3")
        self._s3.create_bucket(Bucket="reports")

    def files(self) -> dict[str, bytes]:
        """What is in it, by key."""
        keys = [item["Key"] for item in self._s3.list_objects_v2(Bucket="reports").get("Contents", [])]
        return {key: self._s3.get_object(Bucket="reports", Key=key)["Body"].read() for key in keys}

    def content_type(self, key: str) -> str:
        return str(self._s3.head_object(Bucket="reports", Key=key)["ContentType"])


@pytest.fixture
def bucket(aws: None) -> Bucket:
    return Bucket()


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> "Iterator[SnowflakeEmulator]":
    """A Snowflake with nothing in it; also the account that the settings name."""
    from conflict_pipeline.snowflake.emulator import SnowflakeEmulator  # noqa: PLC0415

    emulator = SnowflakeEmulator()
    emulator.start()
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    yield emulator
    emulator.stop()
