"""Seconds, processor time, WAL, temporary files and memory of a piece of work on one database."""

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
LOOK_EVERY_SECONDS = 0.05
_SESSIONS_END_WITHIN_SECONDS = 5.0
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PROC = Path("/proc")


def measure(server: Postgres, database: Postgres, work: Callable[[], T]) -> tuple[T, Usage]:
    """Do the work, which must end its sessions on `database`; `server` is another database beside it."""
    values = {"database": database.conninfo["dbname"]}
    with server.session("bench meter") as session:
        before = session.one("bench/select_usage", values)
        with _looking_at_backends(server, values) as backends:
            _reset_own_peak()
            started, cpu_before = time.monotonic(), cpu_seconds()
            result = work()
            seconds, cpu = time.monotonic() - started, cpu_seconds() - cpu_before
            client_bytes = proc_bytes("self", "VmHWM")
        wal_bytes = session.one("bench/select_usage", values)["wal_bytes"] - before["wal_bytes"]
        # A session hands in its numbers when it ends.
        _wait_for_ends(session, values)
        temp_bytes = session.one("bench/select_usage", values)["temp_bytes"] - before["temp_bytes"]
    cpu -= backends.cpu_seconds
    return result, Usage(seconds, cpu, wal_bytes, temp_bytes, client_bytes, backends.largest)


def cpu_seconds() -> float:
    """Processor time of this process and of the children that it has seen the end of."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def proc_bytes(process: str, field: str) -> int | None:
    """A size of /proc/<process>/status; None where it cannot be read, or has ended."""
    try:
        lines = (_PROC / process / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)


class _Backends:
    """What a look at the server's processes found, every now and then."""

    def __init__(self) -> None:
        self.largest: int | None = None
        self.cpu_seconds = 0.0
        self.stop = threading.Event()

    def look(self, session: Session, values: dict[str, str]) -> None:
        while not self.stop.wait(LOOK_EVERY_SECONDS):
            for row in session.rows("bench/select_backends", values):
                size = _backend_bytes(row["pid"])
                if size is not None:
                    self.largest = max(size, self.largest or 0)
        self.cpu_seconds = time.thread_time()


@contextmanager
def _looking_at_backends(server: Postgres, values: dict[str, str]) -> Iterator[_Backends]:
    """Looks as long as it is held; finds nothing where the server's processes cannot be seen."""
    backends = _Backends()
    if not _is_here(str(server.conninfo["host"])):
        yield backends
        return
    with server.session("bench memory") as session:
        thread = threading.Thread(target=backends.look, args=(session, values), name="bench-memory")
        thread.start()
        try:
            yield backends
        finally:
            backends.stop.set()
            thread.join()


def _is_here(host: str) -> bool:
    return (host.startswith("/") or host in _THIS_MACHINE) and _PROC.is_dir()


def _backend_bytes(pid: int) -> int | None:
    """None for a process that has ended, or that is another in this container than where the server runs."""
    try:
        if (_PROC / str(pid) / "comm").read_text().strip() != "postgres":
            return None
    except OSError:
        return None
    return proc_bytes(str(pid), "RssAnon")


def _reset_own_peak() -> None:
    """Without it an earlier candidate's peak would count; where it is refused, it does."""
    try:
        (_PROC / "self" / "clear_refs").write_text("5")
    except OSError:
        return


def _wait_for_ends(session: Session, values: dict[str, str]) -> None:
    deadline = time.monotonic() + _SESSIONS_END_WITHIN_SECONDS
    while session.rows("bench/select_backends", values) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)
