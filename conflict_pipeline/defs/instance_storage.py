"""Storage of Dagster's own records: the configured Postgres, or SQLite files next to dagster.yaml.

dagster.yaml cannot choose by itself, so it names this class, which chooses by POSTGRES_HOST. In Postgres the
records have a separate schema (DAGSTER_POSTGRES_SCHEMA).
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from dagster import Field, StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.auth import PgTokenProvider
from psycopg import sql
from sqlalchemy import URL

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings

_LOCK = "conflict_pipeline dagster storage"


class ConfiguredStorage(DagsterStorage, ConfigurableClass):
    """Creates one of Dagster's own storages; never instantiated itself."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"sqlite_folder": Field(StringSource, description="For SQLite, without POSTGRES_HOST.")}

    @classmethod
    def from_config_value(  # type: ignore[override] # returns another class on purpose
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        settings = load_settings()
        if settings.postgres_host is None:
            folder = str(Path(config_value["sqlite_folder"]).absolute())
            return DagsterSqliteStorage.from_local(folder, inst_data)
        database = open_postgres().as_dagster()
        with database.session("dagster storage") as session:
            # Neither creating the schema nor Dagster's own set-up tolerates two processes at once.
            session.conn.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_LOCK])
            _create_schema(session, settings.dagster_postgres_schema)
            return DagsterPostgresStorage(
                _url(database),
                inst_data=inst_data,
                token_provider=_Tokens(database) if settings.postgres_iam_authentication else None,
            )


class _Tokens(PgTokenProvider):
    """Provides an IAM token for each new connection of Dagster."""

    def __init__(self, database: Postgres) -> None:
        super().__init__()
        self._database = database

    def _fetch_token(self) -> tuple[str, float]:
        # Expired at once, because a token is signed locally and caching it saves nothing.
        return self._database.new_token(), 0.0


def _create_schema(session: Session, name: str) -> None:
    # Looked up first, because CREATE SCHEMA IF NOT EXISTS needs the privilege even if the schema exists.
    if session.conn.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name]).fetchone() is None:
        # An administrator may have created it in the meantime, without this lock.
        with suppress(psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation):
            try:
                session.conn.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
            except psycopg.errors.InsufficientPrivilege:
                raise PipelineError(
                    f"Dagster's schema {name} does not exist, and user {session.conn.info.user} may not "
                    "create it. Run: conflict-pipeline schema roles, and see DAGSTER_POSTGRES_USER."
                ) from None


def _url(database: Postgres) -> str:
    info, settings = database.conninfo, database.settings
    schema = sql.Identifier(settings.dagster_postgres_schema).as_string()
    for character in ("\\", " "):  # which libpq would take as the end of the option
        schema = schema.replace(character, f"\\{character}")
    query = {
        "sslmode": info["sslmode"],
        "application_name": "dagster",
        "options": f"-c search_path={schema}",
    }
    if info["sslrootcert"]:
        query["sslrootcert"] = info["sslrootcert"]
    if info["host"].startswith("/"):
        query["host"] = info["host"]
    return URL.create(
        # Named explicitly, because Dagster's storage supports only psycopg2.
        "postgresql+psycopg2",
        username=info["user"],
        password=info["password"],
        host=None if "host" in query else info["host"],
        port=info["port"],
        database=info["dbname"],
        query=query,
    ).render_as_string(hide_password=False)
