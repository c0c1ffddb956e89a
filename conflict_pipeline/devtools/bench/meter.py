"""Measures seconds, processor time, WAL, temporary files and memory of a piece of work on one database."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from conflict_pipeline.devtools.bench.measurement import Usage
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

T = TypeVar("T")
SAMPLING_INTERVAL = 0.05
_SESSION_END_TIMEOUT = 5.0
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_PROC = Path("/proc")


def measure(server: Postgres, database: Postgres, work: Callable[[], T]) -> tuple[T, Usage]:
    """Do the work and return its result and usage.

    The work must end its sessions on `database`; `server` is another database of the same server.
    """
    values = {"database": database.conninfo["dbname"]}
    with server.session("bench meter") as session:
        before = session.one("bench/select_usage", values)
        with _sampling_backends(server, values) as backends:
            _reset_own_peak()
            started, cpu_before = time.monotonic(), cpu_seconds()
            result = work()
            seconds, cpu = time.monotonic() - started, cpu_seconds() - cpu_before
            client_bytes = proc_bytes("self", "VmHWM")
        wal_bytes = session.one("bench/select_usage", values)["wal_bytes"] - before["wal_bytes"]
        # A session reports its statistics when it ends.
        _wait_for_ends(session, values)
        temp_bytes = session.one("bench/select_usage", values)["temp_bytes"] - before["temp_bytes"]
    cpu -= backends.cpu_seconds
    return result, Usage(seconds, cpu, wal_bytes, temp_bytes, client_bytes, backends.largest)


def cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def proc_bytes(process: str, field: str) -> int | None:
    """Return a size of /proc/<process>/status, or None if it cannot be read or the process has ended."""
    try:
        lines = (_PROC / process / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)


class _Backends:
    """The maximum memory that sampling found, and the processor time that sampling took."""

    def __init__(self) -> None:
        self.largest: int | None = None
        self.cpu_seconds = 0.0
        self.stop = threading.Event()

    def sample(self, session: Session, values: dict[str, str]) -> None:
        """Sample until `stop` is set."""
        while not self.stop.wait(SAMPLING_INTERVAL):
            for row in session.rows("bench/select_backends", values):
                size = _backend_bytes(row["pid"])
                if size is not None:
                    self.largest = max(size, self.largest or 0)
        self.cpu_seconds = time.thread_time()


@contextmanager
def _sampling_backends(server: Postgres, values: dict[str, str]) -> Iterator[_Backends]:
    """Sample in a thread; nothing is found if the server's processes are not visible."""
    backends = _Backends()
    if not _is_local(str(server.conninfo["host"])):
        yield backends
        return
    with server.session("bench memory") as session:
        thread = threading.Thread(target=backends.sample, args=(session, values), name="bench-memory")
        thread.start()
        try:
            yield backends
        finally:
            backends.stop.set()
            thread.join()


def _is_local(host: str) -> bool:
    return (host.startswith("/") or host in _LOCAL_HOSTS) and _PROC.is_dir()


def _backend_bytes(pid: int) -> int | None:
    """Return None if the process has ended, or is not the server's, as in another container."""
    try:
        if (_PROC / str(pid) / "comm").read_text().strip() != "postgres":
            return None
    except OSError:
        return None
    return proc_bytes(str(pid), "RssAnon")


def _reset_own_peak() -> None:
    """Forget the peak of earlier candidates, if the kernel permits it."""
    try:
        (_PROC / "self" / "clear_refs").write_text("5")
    except OSError:
        return


def _wait_for_ends(session: Session, values: dict[str, str]) -> None:
    deadline = time.monotonic() + _SESSION_END_TIMEOUT
    while session.rows("bench/select_backends", values) and time.monotonic() < deadline:
        time.sleep(SAMPLING_INTERVAL)
