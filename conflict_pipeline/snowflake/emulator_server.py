"""The emulator's web server: fakesnow's routes, three of which are replaced to behave as Snowflake does."""

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import fakesnow.server as server
import uvicorn
from fakesnow.fakes import FakeSnowflakeConnection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conflict_pipeline.snowflake import emulator_patches
from conflict_pipeline.snowflake.emulator_patches import (
    NAME,
    Result,
    current_failure,
    current_result,
    ignore_arrow_warning,
)

HOST = "127.0.0.1"
# Rows of a chunk; a client fetches chunks after the rows that are in the answer to its query.
CHUNK_ROWS = 50_000
# Clients that were killed neither log out nor fetch their rows: beyond these limits the oldest are forgotten.
MAX_RESULTS = 16
MAX_SESSIONS = 100


class EmulatorServer:
    """Serves Snowflake's protocol on a free port of loopback while `running`; fakesnow must be patched."""

    def __init__(self) -> None:
        self.port = 0
        self.sessions: dict[str, FakeSnowflakeConnection] = {}
        self.results: dict[str, Result] = {}
        self._locks: WeakKeyDictionary[FakeSnowflakeConnection, asyncio.Lock] = WeakKeyDictionary()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread until the block ends."""
        routes = [
            Route("/session/v1/login-request", self._log_in, methods=["POST"]),
            Route("/queries/v1/query-request", self._query, methods=["POST"]),
            Route("/chunks/{query_id}/{first:int}", self._chunk, methods=["GET"]),
            *server.routes,
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=10,
        )
        with socket.create_server((HOST, 0)) as listening:
            self.port = listening.getsockname()[1]
            web_server = uvicorn.Server(config)
            thread = threading.Thread(
                target=web_server.run, args=([listening],), name="Snowflake emulator", daemon=True
            )
            thread.start()
            try:
                while thread.is_alive() and not web_server.started:
                    time.sleep(0.01)
                if not web_server.started:
                    raise RuntimeError("the emulator's web server did not start")
                yield
            finally:
                web_server.should_exit = True
                thread.join()
                self.results.clear()

    async def _log_in(self, request: Request) -> JSONResponse:
        body = await request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        data = json.loads(body)["data"]
        # fakesnow accepts any user and password.
        if str(data.get("LOGIN_NAME")).upper() != NAME or data.get("PASSWORD") != NAME:
            return _refusal("390100", "28000", "Incorrect username or password was specified.")
        while len(self.sessions) >= MAX_SESSIONS:
            del self.sessions[next(iter(self.sessions))]
        content = json.loads(bytes((await server.login_request(request)).body))
        # The connector logs out only if it was given a master token.
        content["data"]["masterToken"] = content["data"]["token"]
        return JSONResponse(content)

    async def _query(self, request: Request) -> JSONResponse:
        ignore_arrow_warning()
        token = request.headers.get("Authorization", "")[17:-1]
        connection = self.sessions.get(token)
        if connection is None:
            return await server.query_request(request)  # answers that there is no such session
        self.sessions[token] = self.sessions.pop(token)  # now the youngest
        # A session's queries share one DuckDB connection, which holds one result at a time.
        async with self._locks.setdefault(connection, asyncio.Lock()):
            response = await server.query_request(request)
        if response.status_code == 500:
            # The connector would retry an HTTP error for minutes. This is Snowflake's code for "unsupported".
            reason = str(current_failure.get()).partition("\n")[0]
            return _refusal("000002", "0A000", f"Unsupported by the Snowflake emulator: {reason}")
        result = current_result.get()
        if result is not None and result.table.num_rows > emulator_patches.INLINE_ROWS:
            content = json.loads(bytes(response.body))
            chunks = self._keep(content["data"]["queryId"], result, str(request.base_url))
            content["data"] |= {"chunks": chunks, "chunkHeaders": {}}
            return JSONResponse(content)
        return response

    def _keep(self, query_id: str, result: Result, base_url: str) -> list[dict[str, Any]]:
        """Keep the result until its chunks were fetched; return what the client is told about them."""
        # A client repeats a download that broke off, so a result that was read is kept until the next one.
        for read in [key for key, other in self.results.items() if not other.unread]:
            del self.results[read]
        while len(self.results) >= MAX_RESULTS:
            del self.results[next(iter(self.results))]
        starts = range(emulator_patches.INLINE_ROWS, result.table.num_rows, CHUNK_ROWS)
        result.unread = set(starts)
        self.results[query_id] = result
        chunks = ((start, result.table.slice(start, CHUNK_ROWS)) for start in starts)
        return [
            {
                "url": f"{base_url}chunks/{query_id}/{start}",
                "rowCount": rows.num_rows,
                "uncompressedSize": rows.nbytes,
                "compressedSize": rows.nbytes,
            }
            for start, rows in chunks
        ]

    def _chunk(self, request: Request) -> Response:
        result = self.results.get(request.path_params["query_id"])
        if result is None:
            return Response(status_code=404)
        first = request.path_params["first"]
        body = result.encode(first, CHUNK_ROWS)
        result.unread.discard(first)
        return Response(body)


def _refusal(code: str, state: str, message: str) -> JSONResponse:
    data = {"errorCode": code, "sqlState": state}
    return JSONResponse({"data": data, "code": code, "message": message, "success": False, "headers": None})
