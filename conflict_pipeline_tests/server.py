"""The Postgres server of a test process, with a template of the schema."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from conflict_pipeline.cycles.set_up import apply_schema
from conflict_pipeline.postgres import embedded
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
from conflict_pipeline.settings import Settings

Conninfo = dict[str, Any]

TEMPLATE = "conflict_pipeline_template"
# The embedded server asks only this role for a password.
ROLE_WITH_PASSWORD = "locked"
_MEMORY = Path("/dev/shm")
_MIN_FREE_MEMORY = 2 * 1024**3
# A crash costs tests nothing, so nothing is synced. Statistics of tables come from explicit ANALYZE only.
_PARAMETERS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "100",
    "max_prepared_transactions": "5",
    "max_wal_size": "4GB",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
}


@contextmanager
def start_server() -> Iterator[Conninfo]:
    """Yield the connection parameters of a server with TEMPLATE: embedded, or TEST_POSTGRES_CONNINFO's."""
    given = os.environ.get("TEST_POSTGRES_CONNINFO")
    if given:
        conninfo = {"user": "postgres", "port": 5432, **conninfo_to_dict(given)}
        _create_template(conninfo)
        yield conninfo
        return
    # Not below pytest's own folder, because another run of pytest closes that one to the server's user.
    with TemporaryDirectory(prefix="conflict_pipeline_", dir=_folder_in_memory()) as folder:
        hba = Path(folder) / "pg_hba.conf"
        hba.write_text(f"local all {ROLE_WITH_PASSWORD} scram-sha-256\nlocal all all trust\n")
        postgres = EmbeddedPostgres(Path(folder), {**_PARAMETERS, "hba_file": str(hba)})
        postgres.start()
        try:
            conninfo = {"host": postgres.host, "port": 5432, "user": embedded.USER}
            _create_template(conninfo)
            yield conninfo
        finally:
            postgres.stop()


def recreate_database(conn: psycopg.Connection, name: str, template: str) -> None:
    """Clone `template` as `name`, in place of a database that a killed run left behind."""
    drop_database(conn, name)
    # In memory, copying the files takes half the time of logging their pages.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(conn: psycopg.Connection, name: str) -> None:
    """Drop the database if it exists; sessions on it end."""
    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def database_variables(server: Conninfo, database: str) -> dict[str, str]:
    """The environment variables that make the settings name this database."""
    variables = {
        "POSTGRES_HOST": str(server["host"]),
        "POSTGRES_PORT": str(server["port"]),
        "POSTGRES_USER": str(server["user"]),
        "POSTGRES_DATABASE": database,
    }
    if server.get("password"):
        variables["POSTGRES_PASSWORD"] = str(server["password"])
    return variables


def open_database(server: Conninfo, name: str) -> Postgres:
    """The database, without a change to the environment."""
    settings = {key.lower(): value for key, value in database_variables(server, name).items()}
    return Postgres(Settings.model_validate(settings), {**server, "dbname": name})


def _create_template(server: Conninfo) -> None:
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        recreate_database(conn, TEMPLATE, "template0")
    with open_database(server, TEMPLATE).session("template") as session:
        apply_schema(session, loads=False)


def _folder_in_memory() -> Path | None:
    """Where there is room in memory, data there; else where temporary files are."""
    is_large = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MIN_FREE_MEMORY
    return _MEMORY if is_large and os.access(_MEMORY, os.W_OK) else None
