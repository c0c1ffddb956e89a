"""A server that answers the connector where the emulator cannot, and keeps what it was sent.

Its answers are of the form that Snowflake's have: what they say of codes and messages is from its manual.
"""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

Json = dict[str, Any]
_LOGGED_IN = {"token": "token", "masterToken": "master", "parameters": [], "sessionInfo": {}}


class AnsweringSnowflake:
    """Accepts every login, and answers each query with no row until a test sets an answer."""

    def __init__(self) -> None:
        self.logins: list[Json] = []
        self.places: list[Json] = []
        self.statements: list[str] = []
        self.closed = 0
        self._login: Json = {"success": True, "data": _LOGGED_IN}
        self._query: Json | None = None
        self._http_status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refuse_login(self, code: str, message: str) -> None:
        self._login = _refusal(code, "08001", message)

    def refuse_queries(self, code: str, state: str, message: str) -> None:
        self._query = _refusal(code, state, message)

    def send_to(self, url: str) -> None:
        """Answer queries with a row of the column N that is to be fetched there."""
        column = {"name": "N", "type": "fixed", "nullable": True, "length": None, "precision": 38, "scale": 0}
        chunk = {"url": url, "rowCount": 1, "uncompressedSize": 1, "compressedSize": 1}
        rows = {"rowtype": [column], "queryResultFormat": "arrow", "rowsetBase64": "", "total": 1}
        self._query = {"success": True, "data": {**_no_rows()["data"], **rows, "chunks": [chunk]}}

    def fail(self, http_status: int) -> None:
        """As whatever is at an address where there is no Snowflake."""
        self._http_status = http_status

    def environment(self) -> dict[str, str]:
        """The settings that lead here; who logs in, and with what, is left to the test."""
        return {
            "SNOWFLAKE_ACCOUNT": "an_account",
            "SNOWFLAKE_USER": "a_user",
            "SNOWFLAKE_WAREHOUSE": "a_warehouse",
            "SNOWFLAKE_HOST": "127.0.0.1",
            "SNOWFLAKE_PORT": self.url.rpartition(":")[2],
            "SNOWFLAKE_PROTOCOL": "http",
            "SNOWFLAKE_LOGIN_TIMEOUT_SECONDS": "5",
        }

    def _answer(self, path: str, body: Json) -> Json:
        url = urlsplit(path)
        if url.path.endswith("/login-request"):
            self.logins.append(body["data"])
            self.places.append({name: values[0] for name, values in parse_qs(url.query).items()})
            return self._login
        if url.path.endswith("/query-request"):
            self.statements.append(body["sqlText"])
            return self._query or _no_rows()
        if "delete=true" in url.query:
            self.closed += 1
        return {"success": True, "data": {}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = json.dumps(outer._answer(self.path, json.loads(body or "{}"))).encode()
                self.send_response(outer._http_status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                self.send_error(404)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def answering() -> Iterator[AnsweringSnowflake]:
    answering = AnsweringSnowflake()
    yield answering
    answering.stop()


def _refusal(code: str, state: str, message: str) -> Json:
    data = {"errorCode": code, "sqlState": state, "queryId": "01ab-query"}
    return {"success": False, "code": code, "message": message, "data": data, "headers": None}


def _no_rows() -> Json:
    data = {"queryId": "01ab-query", "rowtype": [], "rowset": [], "total": 0, "returned": 0}
    return {"success": True, "data": {**data, "queryResultFormat": "json", "parameters": []}}
