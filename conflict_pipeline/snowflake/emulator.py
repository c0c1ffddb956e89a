"""A local Snowflake for the demo, development and tests: fakesnow's server in this process, patched.

Programs that work with the emulator should work with Snowflake, so emulator_patches.py corrects what fakesnow
shows the connector differently. Known differences remain: a TIMESTAMP_TZ is returned in UTC whatever its
offset was, and there are no privileges. Production code never imports this module.
"""

import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import fakesnow.server as server
from fakesnow import info_schema
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show, stage

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.emulator_patches import NAME, PATCHES, NoResults, ignore_arrow_warning
from conflict_pipeline.snowflake.emulator_server import HOST, EmulatorServer
from conflict_pipeline.snowflake.emulator_tables import quote, read_csv, snowflake_type, write_csv

# fakesnow creates a folder for the files of stages when it is imported, and leaves it; stages are not used.
Path(stage.LOCAL_BUCKET_PATH).rmdir()

# The patches change fakesnow's modules, which exist once in a process.
_process_lock = threading.Lock()


class SnowflakeEmulator:
    """An emulated Snowflake account on a free port of loopback; at most one runs in a process.

    DuckDB files in `folder` keep the data from one `start` to the next; without a folder, `stop` discards it.
    `start` raises PipelineError if another process uses the folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.server = EmulatorServer()
        self._running = ExitStack()
        self._fake: FakeSnow

    def start(self) -> None:
        with ExitStack() as stack:
            if not _process_lock.acquire(blocking=False):
                raise RuntimeError("another Snowflake emulator runs in this process")
            stack.callback(_process_lock.release)
            self._fake = _open(self.folder)
            stack.callback(_close, self._fake, self.server.sessions)
            state = [(server, "shared_fs", self._fake), (server, "sessions", self.server.sessions)]
            for module, name, replacement in [*PATCHES, *state]:
                stack.enter_context(mock.patch.object(module, name, replacement))
            stack.enter_context(self.server.running())
            self._running = stack.pop_all()

    def stop(self) -> None:
        self._running.close()

    def environment(self) -> dict[str, str]:
        """Return the settings that make a program connect to this emulator."""
        return {
            "SNOWFLAKE_ACCOUNT": NAME,
            "SNOWFLAKE_USER": NAME,
            "SNOWFLAKE_PASSWORD": NAME,
            "SNOWFLAKE_WAREHOUSE": NAME,
            "SNOWFLAKE_ROLE": NAME,
            "SNOWFLAKE_HOST": HOST,
            "SNOWFLAKE_PORT": str(self.server.port),
            "SNOWFLAKE_PROTOCOL": "http",
        }

    def execute(self, database: str, schema: str, statement: str) -> list[tuple[Any, ...]]:
        """Run Snowflake SQL without a connection; create the database and its schema if they do not exist.

        Returns rows as DuckDB has them: every NUMBER is a Decimal. Raises the connector's errors.
        """
        ignore_arrow_warning()
        connection = _connect(self._fake, database, schema)
        try:
            return [tuple(row) for row in connection.cursor().execute(statement).fetchall()]
        finally:
            connection.close()

    def fill(
        self, session: Session, table: tables.Table, database: str = "ANALYTICS", schema_name: str = "BI"
    ) -> int:
        """Create or replace the table with the rows that Postgres has in it; return their number.

        The name of the table becomes upper case, as Snowflake folds it; its columns keep their names.
        """
        columns = (f"{quote(column.name)} {snowflake_type(column.type_name)}" for column in table.columns)
        name = table.name.upper()
        self.execute(database, schema_name, f"CREATE OR REPLACE TABLE {name} ({', '.join(columns)})")
        connection = _connect(self._fake, database, schema_name)
        # The file can be read by this user only.
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            try:
                rows = write_csv(session, table, file)
                read_csv(connection._duck_conn, name, Path(file.name))  # noqa: SLF001
            finally:
                connection.close()
        return rows


def _open(folder: Path | None) -> FakeSnow:
    """Open the databases in the folder. As in Snowflake, connecting creates neither database nor schema."""
    fake = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False, db_path=folder)
    fake.results_cache = NoResults()
    if folder is None:
        return fake
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # This database holds what DuckDB does not know of columns, such as the lengths of texts.
        fake.duck_conn.execute(f"DETACH {GLOBAL_DATABASE_NAME}")
        fake.duck_conn.execute(f"ATTACH '{folder / GLOBAL_DATABASE_NAME}.duckdb' AS {GLOBAL_DATABASE_NAME}")
        fake.duck_conn.execute(info_schema.fs_global_creation_sql())
        fake.duck_conn.execute(show.fs_global_creation_sql())
        for file in sorted(folder.glob("*.db")):
            _connect(fake, file.stem, None).close()
    except duckdb.IOException as error:
        fake.duck_conn.close()
        if "lock" not in str(error):
            raise
        raise PipelineError(
            f"Another process uses the Snowflake emulator in {folder}. Stop it, or set "
            "SNOWFLAKE_EMULATOR_FOLDER to another folder."
        ) from None
    return fake


def _close(fake: FakeSnow, sessions: dict[str, FakeSnowflakeConnection]) -> None:
    """Close all sessions, write what is in memory to the files and release them."""
    for connection in sessions.values():
        connection.close()
    sessions.clear()
    own = ("memory", "system", "temp")
    for (name,) in fake.duck_conn.execute("SELECT database_name FROM duckdb_databases()").fetchall():
        if name not in own:
            fake.duck_conn.execute(f"DETACH {quote(name)}")
    fake.duck_conn.close()


def _connect(fake: FakeSnow, database: str, schema_name: str | None) -> FakeSnowflakeConnection:
    duck = fake.duck_conn.cursor()
    return FakeSnowflakeConnection(duck, fake.results_cache, database, schema_name, db_path=fake.db_path)
