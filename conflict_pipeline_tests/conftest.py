"""A real Postgres for every test: an embedded one, or the one that TEST_POSTGRES_CONNINFO names.

Each test gets a database of its own, cloned from a template that holds the schema; cloning takes some
hundredths of a second. The named server needs a user who may create databases.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import psycopg
import pytest
from moto import mock_aws
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.postgres import embedded
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
from conflict_pipeline.postgres.roles import ROLES
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings, load_settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

TEMPLATE = "conflict_pipeline_template"
_PREFIXES = (
    "CYCLE_",
    "DAGSTER_",
    "LOAD_",
    "LOG_",
    "NOTIFY_",
    "PARITY_",
    "POSTGRES_",
    "REPORT_",
    "SETTINGS_",
    "SNOWFLAKE_",
)
ROLE_PASSWORD = "test"
Conninfo = dict[str, Any]


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
    """Connection parameters of a server where databases can be created."""
    given = os.environ.get("TEST_POSTGRES_CONNINFO")
    if given:
        yield {"user": "postgres", "port": 5432, **conninfo_to_dict(given)}
        return
    # Tests lose nothing by a crash: no syncing.
    settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_connections": "60",
    }
    # Not below pytest's own folder: another run of pytest closes that one to the server's user.
    with TemporaryDirectory(prefix="conflict_pipeline_") as folder:
        hba = Path(folder) / "pg_hba.conf"
        hba.write_text("local all locked scram-sha-256\nlocal all all trust\n")
        postgres = EmbeddedPostgres(Path(folder), {**settings, "hba_file": str(hba)})
        postgres.start()
        yield {"host": postgres.host, "port": 5432, "user": embedded.USER}
        postgres.stop()


@pytest.fixture(scope="session")
def _template(server: Conninfo) -> str:
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        _recreate(conn, TEMPLATE, "template0")
    with _postgres(server, TEMPLATE).session("template") as session:
        apply_schema(session, loads=False)
    return TEMPLATE


@pytest.fixture
def new_database(server: Conninfo) -> Iterator[Callable[[str], str]]:
    """Creates databases, `new_database("template1")`, dropped after the test; returns their names."""
    created: list[str] = []
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:

        def create(template: str) -> str:
            name = f"conflict_pipeline_test_{os.getpid()}_{len(created)}"
            created.append(name)
            _recreate(conn, name, template)
            return name

        yield create
        for name in created:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def server_roles(server: Conninfo) -> Iterator[None]:
    """The pipeline's roles, with ROLE_PASSWORD. Ask for it before a database, which must go first."""
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        for role in ROLES:
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            conn.execute(statement.format(sql.Identifier(role), sql.Literal(ROLE_PASSWORD)))
        yield
        for role in ROLES:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def environment(server: Conninfo, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Postgres]:
    """Points the settings at a database, `environment(name, REPORT_TIMEZONE="…")`; returns it opened."""

    def point(database: str, **variables: str) -> Postgres:
        for name, value in {**_variables(server, database), **variables}.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        return open_postgres()

    return point


@pytest.fixture
def database(
    new_database: Callable[[str], str], environment: Callable[..., Postgres], _template: str
) -> Postgres:
    """A database with the schema and without a row; also the one that the settings name."""
    return environment(new_database(_template))


@pytest.fixture
def empty_database(new_database: Callable[[str], str], environment: Callable[..., Postgres]) -> Postgres:
    """A database with nothing in it; also the one that the settings name."""
    return environment(new_database("template0"))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account of AWS with nothing in it, as moto answers for it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


class Bucket:
    """The bucket `reports`."""

    def __init__(self) -> None:
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
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[SnowflakeEmulator]:
    """A Snowflake with nothing in it; also the account that the settings name."""
    emulator = SnowflakeEmulator()
    emulator.start()
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    yield emulator
    emulator.stop()


@pytest.fixture
def session(database: Postgres) -> Iterator[Session]:
    """A session on `database`."""
    with database.session("test") as session:
        yield session


@pytest.fixture(scope="session")
def _shared_database(server: Conninfo, _template: str) -> Iterator[Postgres]:
    name = f"conflict_pipeline_shared_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        _recreate(conn, name, _template)
        yield _postgres(server, name)
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def _shared_session(_shared_database: Postgres) -> Iterator[Session]:
    with _shared_database.session("test") as session:
        yield session


@pytest.fixture
def scratch(_shared_session: Session) -> Iterator[Session]:
    """A session whose writes are rolled back after the test; the database has the schema and no row.

    Cheaper than a database for each test, and sufficient where no second session reads what is written.
    """
    with _shared_session.transaction(force_rollback=True):
        yield _shared_session


def _recreate(conn: psycopg.Connection, name: str, template: str) -> None:
    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    conn.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    )


def _variables(server: Conninfo, database: str) -> dict[str, str]:
    variables = {
        "POSTGRES_HOST": str(server["host"]),
        "POSTGRES_PORT": str(server["port"]),
        "POSTGRES_USER": str(server["user"]),
        "POSTGRES_DATABASE": database,
        # Retries are waited for in seconds elsewhere; in tests they need no pause.
        "CHUNK_RETRY_DELAY_SECONDS": "0.05",
        # To draw takes seconds; tests of the report turn it on.
        "REPORT_AFTER_CYCLE": "false",
    }
    if server.get("password"):
        variables["POSTGRES_PASSWORD"] = str(server["password"])
    return variables


def _postgres(server: Conninfo, database: str) -> Postgres:
    settings = {name.lower(): value for name, value in _variables(server, database).items()}
    return Postgres(Settings.model_validate(settings), {**server, "dbname": database})
