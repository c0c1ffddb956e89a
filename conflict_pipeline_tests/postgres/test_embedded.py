"""The embedded server. One folder for all tests, because initdb takes seconds."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from conflict_pipeline.postgres import embedded
from conflict_pipeline.postgres.embedded import EmbeddedPostgres

FAST = {"fsync": "off"}
OWNER = """
import sys
from pathlib import Path
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), {"fsync": "off"})
server.start()
print("owns" if server._supervisor else "attached", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def _initialized() -> Iterator[Path]:
    with TemporaryDirectory(prefix="conflict_pipeline_") as parent:
        folder = Path(parent) / "server"
        server = EmbeddedPostgres(folder, FAST)
        assert not server.has_data()
        server.start()
        assert server.has_data()
        server.stop()
        yield folder


@pytest.fixture
def folder(_initialized: Path) -> Iterator[Path]:
    """A folder with data, and no server on it before and after."""
    yield _initialized
    assert is_gone(_initialized)


def connect(folder: Path) -> psycopg.Connection:
    host = EmbeddedPostgres(folder).host
    return psycopg.connect(host=host, user=embedded.USER, dbname=embedded.DATABASE, autocommit=True)


def is_gone(folder: Path) -> bool:
    """Whether the server stops within 20 seconds."""
    deadline = time.monotonic() + 20
    while (folder / "data" / "postmaster.pid").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start_process(folder: Path) -> subprocess.Popen[str]:
    """Start a process that asks for the server of the folder; it ends when its standard input is closed."""
    command = [sys.executable, "-c", OWNER, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def role(process: subprocess.Popen[str]) -> str:
    """Wait until the process has the server; return "owns" or "attached"."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def test_a_server_answers_only_its_user_on_a_socket_until_its_owner_stops_it(folder: Path) -> None:
    server = EmbeddedPostgres(folder, {"work_mem": "5MB", **FAST})
    server.start()

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "data", Path(server.host))}
    other = start_process(folder)
    assert role(other) == "attached"
    end(other)
    with connect(folder) as conn:
        found = conn.execute(
            "SELECT current_database(), current_setting('work_mem'), current_setting('listen_addresses')"
        ).fetchone()
    server.stop()

    assert modes == {0o700}
    assert found == (embedded.DATABASE, "5MB", "")
    assert is_gone(folder)


def test_a_server_outlives_those_who_attach_to_it_and_ends_when_its_owner_is_killed(folder: Path) -> None:
    owner = start_process(folder)
    assert role(owner) == "owns"
    attached = EmbeddedPostgres(folder, FAST)
    attached.start()

    attached.stop()
    with connect(folder) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    owner.kill()
    owner.wait()

    assert is_gone(folder)
    end(owner)


def test_after_an_unclean_end_it_starts_again_with_what_was_committed(folder: Path) -> None:
    owner = start_process(folder)
    assert role(owner) == "owns"
    with connect(folder) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        conn.execute("INSERT INTO kept VALUES (42)")
    postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    end(owner)

    server = EmbeddedPostgres(folder, FAST)
    server.start()
    with connect(folder) as conn:
        rows = conn.execute("SELECT x FROM kept").fetchall()
        conn.execute("DROP TABLE kept")
    server.stop()

    assert rows == [(42,)]


def test_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    processes = {process: role(process) for process in [start_process(folder) for _ in range(2)]}
    for process in sorted(processes, key=processes.__getitem__):
        end(process)

    assert sorted(processes.values()) == ["attached", "owns"]


def test_a_long_path_gets_a_socket_that_the_kernel_accepts() -> None:
    server = EmbeddedPostgres(Path("/tmp") / ("long" * 40))

    assert len(server.host) + len("/.s.PGSQL.5432") < 108
    assert server.host != EmbeddedPostgres(Path("/tmp") / ("long" * 41)).host
