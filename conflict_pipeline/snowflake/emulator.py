"""Stands in for Snowflake in the demo, in development and in tests: fakesnow's server, in this process.

Where fakesnow shows the real connector something else than Snowflake would, it is corrected here: a program
that works with the emulator is to work with Snowflake. Known to differ still: a TIMESTAMP_TZ comes back in
UTC whatever its offset was, and there are no privileges. Nothing of production imports this module.
"""

import asyncio
import gzip
import json
import socket
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock
from weakref import WeakKeyDictionary

import duckdb
import fakesnow.server as server
import uvicorn
from fakesnow import info_schema
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake import emulator_patches
from conflict_pipeline.snowflake.emulator_patches import (
    NAME,
    PATCHES,
    NoResults,
    Result,
    answer,
    failure,
    ignore_arrow_warning,
)
from conflict_pipeline.snowflake.emulator_tables import quoted, read_csv, snowflake_type, write_csv

HOST = "127.0.0.1"
# Rows of each chunk that is fetched after those that come with the answer to a query.
CHUNK_ROWS = 50_000
# More results with unread chunks, or sessions, than this were abandoned: the oldest are forgotten.
MAX_RESULTS = 16
MAX_SESSIONS = 100


class SnowflakeEmulator:
    """The emulator on a free port of loopback, in threads of this process; one at a time in a process.

    DuckDB files in `folder` keep the data between a `stop` and the next `start`; without one, nothing does.
    `start` raises PipelineError when another process uses the folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._port = 0
        self._sessions: dict[str, FakeSnowflakeConnection] = {}
        self._results: dict[str, Result] = {}
        self._turns: WeakKeyDictionary[FakeSnowflakeConnection, asyncio.Lock] = WeakKeyDictionary()
        self._running = ExitStack()
        self._fake: FakeSnow

    def start(self) -> None:
        with ExitStack() as stack:
            # What is corrected is fakesnow's modules, of which a process has one.
            if not _only_one.acquire(blocking=False):
                raise RuntimeError("another Snowflake emulator runs in this process")
            stack.callback(_only_one.release)
            self._fake = _open(self.folder)
            stack.callback(_close, self._fake, self._sessions)
            ours = [(server, "shared_fs", self._fake), (server, "sessions", self._sessions)]
            for place, name, replacement in [*PATCHES, *ours]:
                stack.enter_context(mock.patch.object(place, name, replacement))
            stack.callback(self._results.clear)
            self._serve(stack)
            self._running = stack.pop_all()

    def stop(self) -> None:
        self._running.close()

    def environment(self) -> dict[str, str]:
        """The settings with which a program finds the emulator that is running."""
        return {
            "SNOWFLAKE_ACCOUNT": NAME,
            "SNOWFLAKE_USER": NAME,
            "SNOWFLAKE_PASSWORD": NAME,
            "SNOWFLAKE_WAREHOUSE": NAME,
            "SNOWFLAKE_ROLE": NAME,
            "SNOWFLAKE_HOST": HOST,
            "SNOWFLAKE_PORT": str(self._port),
            "SNOWFLAKE_PROTOCOL": "http",
        }

    def execute(self, database: str, schema: str, statement: str) -> list[tuple[Any, ...]]:
        """Run Snowflake SQL without a connection; the database and its schema are created if need be.

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
        """Create or replace the table with the rows that Postgres has in it; returns how many.

        The table's name is folded to upper case, as Snowflake folds it; its columns are named as they are.
        """
        columns = (f"{quoted(column.name)} {snowflake_type(column.type_name)}" for column in table.columns)
        name = table.name.upper()
        self.execute(database, schema_name, f"CREATE OR REPLACE TABLE {name} ({', '.join(columns)})")
        connection = _connect(self._fake, database, schema_name)
        # Only this user can read the file, and it goes with the block.
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            try:
                written = write_csv(session, table, file)
                read_csv(connection._duck_conn, name, Path(file.name))  # noqa: SLF001
            finally:
                connection.close()
        return written

    def _serve(self, stack: ExitStack) -> None:
        replaced = [
            Route("/session/v1/login-request", self._log_in, methods=["POST"]),
            Route("/queries/v1/query-request", self._query, methods=["POST"]),
            Route("/chunks/{query_id}/{first:int}", self._chunk, methods=["GET"]),
        ]
        listening = stack.enter_context(socket.create_server((HOST, 0)))
        self._port = listening.getsockname()[1]
        web_server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=[*replaced, *server.routes]),
                log_config=None,
                log_level="critical",
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=10,
            )
        )
        thread = threading.Thread(
            target=web_server.run, args=([listening],), name="Snowflake emulator", daemon=True
        )
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, web_server, "should_exit", True)  # noqa: FBT003
        while thread.is_alive() and not web_server.started:
            time.sleep(0.01)
        if not web_server.started:
            raise RuntimeError("the emulator's web server did not start")

    async def _log_in(self, request: Request) -> JSONResponse:
        body = await request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        data = json.loads(body)["data"]
        # fakesnow lets everybody in.
        if str(data.get("LOGIN_NAME")).upper() != NAME or data.get("PASSWORD") != NAME:
            return _refusal("390100", "28000", "Incorrect username or password was specified.")
        # Clients that were killed have not logged out.
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        content = json.loads(bytes((await server.login_request(request)).body))
        # Without it the connector never logs out.
        content["data"]["masterToken"] = content["data"]["token"]
        return JSONResponse(content)

    async def _query(self, request: Request) -> JSONResponse:
        ignore_arrow_warning()
        token = request.headers.get("Authorization", "")[17:-1]
        connection = self._sessions.get(token)
        if connection is None:
            return await server.query_request(request)  # which says that there is no such session
        self._sessions[token] = self._sessions.pop(token)  # now the last to be forgotten
        # A session's queries share one DuckDB connection, which holds one result.
        async with self._turns.setdefault(connection, asyncio.Lock()):
            response = await server.query_request(request)
        if response.status_code == 500:
            # The connector would send the statement again and again. Snowflake's code for what it lacks.
            reason = str(failure.get()).partition("\n")[0]
            return _refusal("000002", "0A000", f"Unsupported by the Snowflake emulator: {reason}")
        result = answer.get()
        if result is not None and result.table.num_rows > emulator_patches.INLINE_ROWS:
            # Snowflake sends a large result in chunks, so that a client need not hold all of it.
            content = json.loads(bytes(response.body))
            chunks = self._keep(content["data"]["queryId"], result, str(request.base_url))
            content["data"] |= {"chunks": chunks, "chunkHeaders": {}}
            return JSONResponse(content)
        return response

    def _keep(self, query_id: str, result: Result, base_url: str) -> list[dict[str, Any]]:
        # A client asks again for a chunk whose download broke: what was read goes with the next result only.
        for read in [key for key, other in self._results.items() if not other.unread]:
            del self._results[read]
        while len(self._results) >= MAX_RESULTS:
            del self._results[next(iter(self._results))]
        starts = range(emulator_patches.INLINE_ROWS, result.table.num_rows, CHUNK_ROWS)
        result.unread = set(starts)
        self._results[query_id] = result
        slices = ((start, result.table.slice(start, CHUNK_ROWS)) for start in starts)
        return [
            {
                "url": f"{base_url}chunks/{query_id}/{start}",
                "rowCount": rows.num_rows,
                "uncompressedSize": rows.nbytes,
                "compressedSize": rows.nbytes,
            }
            for start, rows in slices
        ]

    def _chunk(self, request: Request) -> Response:
        result = self._results.get(request.path_params["query_id"])
        if result is None:
            return Response(status_code=404)
        first = request.path_params["first"]
        body = result.encode(first, CHUNK_ROWS)
        result.unread.discard(first)
        return Response(body)


_only_one = threading.Lock()


def _refusal(code: str, state: str, message: str) -> JSONResponse:
    data = {"errorCode": code, "sqlState": state}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False, "headers": None})


def _open(folder: Path | None) -> FakeSnow:
    """fakesnow on the folder's databases. As in Snowflake, a connection creates no database or schema."""
    fake = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False, db_path=folder)
    fake.results_cache = NoResults()
    if folder is None:
        return fake
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # What fakesnow knows of columns beside their types, as the lengths of texts, is to be kept too.
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
            f"Another process uses the Snowflake emulator in {folder}: stop it, or set "
            "SNOWFLAKE_EMULATOR_FOLDER to another folder."
        ) from None
    return fake


def _close(fake: FakeSnow, sessions: dict[str, FakeSnowflakeConnection]) -> None:
    """Write what is in memory to the files and let go of them."""
    for connection in sessions.values():
        connection.close()
    sessions.clear()
    own = ("memory", "system", "temp")
    for (name,) in fake.duck_conn.execute("SELECT database_name FROM duckdb_databases()").fetchall():
        if name not in own:
            fake.duck_conn.execute(f"DETACH {quoted(name)}")
    fake.duck_conn.close()


def _connect(fake: FakeSnow, database: str, schema_name: str | None) -> FakeSnowflakeConnection:
    duck = fake.duck_conn.cursor()
    return FakeSnowflakeConnection(duck, fake.results_cache, database, schema_name, db_path=fake.db_path)
