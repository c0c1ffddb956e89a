"""The server of its own that demo and tests use. One folder, made once: initdb takes seconds."""

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

QUICK = {"fsync": "off"}
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
def _initialised() -> Iterator[Path]:
    with TemporaryDirectory(prefix="conflict_pipeline_") as parent:
        folder = Path(parent) / "server"
        server = EmbeddedPostgres(folder, QUICK)
        server.start()
        server.stop()
        yield folder


@pytest.fixture
def folder(_initialised: Path) -> Iterator[Path]:
    """A folder with data, and no server on it before and after."""
    yield _initialised
    assert gone(_initialised)


def connect(folder: Path) -> psycopg.Connection:
    host = EmbeddedPostgres(folder).host
    return psycopg.connect(host=host, user=embedded.USER, dbname=embedded.DATABASE, autocommit=True)


def gone(folder: Path) -> bool:
    """Whether the server stops within some seconds."""
    deadline = time.monotonic() + 20
    while (folder / "data" / "postmaster.pid").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def another_process(folder: Path) -> subprocess.Popen[str]:
    """A process that asks for the server of the folder; ends when its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() in {"owns", "attached"}
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def test_a_started_server_answers_and_has_its_database_and_a_stopped_one_is_gone(folder: Path) -> None:
    server = EmbeddedPostgres(folder, {"work_mem": "5MB", **QUICK})
    server.start()

    with connect(folder) as conn:
        found = conn.execute("SELECT current_database(), current_setting('work_mem')").fetchone()
    server.stop()

    assert found == (embedded.DATABASE, "5MB")
    assert gone(folder)
    with pytest.raises(psycopg.OperationalError):
        connect(folder)


def test_data_and_socket_are_for_one_user_alone_and_there_is_no_port(folder: Path) -> None:
    server = EmbeddedPostgres(folder, QUICK)
    server.start()
    with connect(folder) as conn:
        listening = conn.execute("SELECT current_setting('listen_addresses')").fetchone()

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "data", Path(server.host))}
    server.stop()

    assert modes == {0o700}
    assert listening == ("",)


def test_a_second_process_attaches_and_its_end_does_not_stop_the_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder, QUICK)
    server.start()

    other = another_process(folder)
    end(other)

    with connect(folder) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    server.stop()


def test_stopping_what_another_process_owns_does_nothing(folder: Path) -> None:
    owner = another_process(folder)
    attached = EmbeddedPostgres(folder, QUICK)
    attached.start()

    attached.stop()

    with connect(folder) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    end(owner)


def test_the_server_stops_when_its_owner_is_killed(folder: Path) -> None:
    owner = another_process(folder)
    with connect(folder) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (x int)")

    owner.kill()
    owner.wait()

    assert gone(folder)
    end(owner)


def test_after_an_unclean_end_it_starts_again_with_what_was_committed(folder: Path) -> None:
    owner = another_process(folder)
    with connect(folder) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        conn.execute("INSERT INTO kept VALUES (42)")
    postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    end(owner)

    server = EmbeddedPostgres(folder, QUICK)
    server.start()
    with connect(folder) as conn:
        rows = conn.execute("SELECT x FROM kept").fetchall()
        conn.execute("DROP TABLE kept")
    server.stop()

    assert rows == [(42,)]


def test_several_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", OWNER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.stdout.readline().strip() for process in starts if process.stdout]
    attached_first = sorted(zip(said, starts, strict=True), key=lambda pair: pair[0])
    for _, process in attached_first:
        end(process)

    assert sorted(said) == ["attached", "owns"]


def test_a_long_path_gets_a_socket_that_the_kernel_takes() -> None:
    server = EmbeddedPostgres(Path("/tmp") / ("long" * 40))

    assert len(server.host) + len("/.s.PGSQL.5432") < 108
    assert server.host != EmbeddedPostgres(Path("/tmp") / ("long" * 41)).host
