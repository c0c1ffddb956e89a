"""Where Dagster keeps its own records: in the configured Postgres, or in SQLite files beside dagster.yaml.

dagster.yaml cannot choose by itself, so it names this class, which chooses as the pipeline does: by
POSTGRES_HOST. The tables have a schema of their own (DAGSTER_POSTGRES_SCHEMA).
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
from psycopg import sql
from sqlalchemy import URL

from conflict_pipeline.resources.postgres import Session, open_postgres
from conflict_pipeline.settings import Settings, load_settings


class ConfiguredStorage(DagsterStorage, ConfigurableClass):
    """Makes one of Dagster's own storages; never instantiated itself."""

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"sqlite_folder": Field(StringSource, description="For SQLite, without POSTGRES_HOST.")}

    @classmethod
    def from_config_value(  # type: ignore[override] # makes another class on purpose
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        settings = load_settings()
        if settings.postgres_host is None:
            folder = str(Path(config_value["sqlite_folder"]).absolute())
            return DagsterSqliteStorage.from_local(folder, inst_data)
        with open_postgres().session("dagster storage") as session:
            # Neither making the schema nor Dagster's own set-up bears two processes at the same moment.
            session.execute("ledger/lock_start", {"name": "conflict_pipeline dagster storage"})
            _create_schema(session, settings.dagster_postgres_schema)
            return DagsterPostgresStorage(_url(settings), inst_data=inst_data)


def _create_schema(session: Session, name: str) -> None:
    # IF NOT EXISTS alone would ask for the right to create schemas also where there is nothing to create.
    if session.conn.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name]).fetchone() is None:
        # Somebody may have made it meanwhile, without our lock.
        with suppress(psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation):
            session.conn.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def _url(settings: Settings) -> str:
    password = settings.postgres_password
    schema = sql.Identifier(settings.dagster_postgres_schema).as_string()
    for character in ("\\", " "):  # which libpq would take as the end of the option
        schema = schema.replace(character, f"\\{character}")
    query = {
        "sslmode": settings.postgres_sslmode,
        "application_name": "dagster",
        "options": f"-c search_path={schema}",
    }
    if settings.postgres_sslrootcert:
        query["sslrootcert"] = str(settings.postgres_sslrootcert)
    if str(settings.postgres_host).startswith("/"):
        query["host"] = str(settings.postgres_host)
    return URL.create(
        # By name: Dagster's storage speaks psycopg2 only, whatever SQLAlchemy's default is.
        "postgresql+psycopg2",
        username=settings.postgres_user,
        password=password.get_secret_value() if password else None,
        host=None if "host" in query else settings.postgres_host,
        port=settings.postgres_port,
        database=settings.postgres_database,
        query=query,
    ).render_as_string(hide_password=False)
