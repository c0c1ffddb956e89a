"""Processes that run `python -m MODULE`, as a user starts them: watched, and killed by their id.

They are forked from a process that has imported Dagster and Snowflake's client already, so a start costs
milliseconds instead of seconds; a `fresh` one gets an interpreter of its own as well.
"""

import json
import multiprocessing
import os
import pwd
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.postgres import embedded
from conflict_pipeline.postgres.embedded import EmbeddedPostgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.end_to_end.conftest import SIZE

Start = Callable[..., "Running"]
WAIT_TIMEOUT = 120  # seconds
# Rows of a chunk; the sample then has CHUNKS chunks.
CHUNK_SIZE = 70
CHUNKS = SIZE.conflict_rows // CHUNK_SIZE
CONFIG: dict[str, Any] = {"target_chunk_size": CHUNK_SIZE}
SETTINGS = CycleSettings(target_chunk_size=CHUNK_SIZE)

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["conflict_pipeline.definitions", "conflict_pipeline.defs.instance_storage", "dagster_snowflake"]
)


class Running:
    """A started process, and what it has written to standard output and standard error."""

    def __init__(self, process: ForkServerProcess, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def output(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def wait(self) -> int:
        """Wait until it has ended by itself; return its exit code."""
        self._process.join(WAIT_TIMEOUT)
        assert self._process.exitcode is not None, f"still running:\n{self.output}"
        return self._process.exitcode

    def kill(self) -> None:
        """Send SIGKILL, unless it has ended."""
        if self.alive:
            assert self._process.pid is not None
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.join()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `python -m MODULE ARGUMENTS…` in the current environment; kills what still runs at the end."""
    started: list[Running] = []

    def start_one(module: str, *arguments: str, fresh: bool = False) -> Running:
        log = tmp_path / f"process_{len(started)}.log"
        process = _FORKS.Process(
            target=_run, args=(dict(os.environ), Path.cwd(), log, fresh, [module, *arguments])
        )
        process.start()
        started.append(Running(process, log))
        return started[-1]

    yield start_one
    for running in started:
        running.kill()


@pytest.fixture
def start_job(start: Start, dagster_home: Path) -> Start:
    """Starts `dagster job execute`: `start_job("conflict_report", {"target_chunk_size": 150})`."""

    def start_one(
        job: str, config: dict[str, Any] | None = None, *, key: str | None = None, fresh: bool = False
    ) -> Running:
        arguments = ["job", "execute", "-m", "conflict_pipeline.definitions", "-j", job]
        if config:
            file = dagster_home.parent / f"config_{time.monotonic_ns()}.yaml"
            file.write_text(json.dumps(config))  # YAML's own subset
            arguments += ["-c", str(file)]
        if key:
            arguments += ["--tags", json.dumps({"dagster/partition": key})]
        return start("dagster", *arguments, fresh=fresh)

    return start_one


@pytest.fixture
def run_job(start_job: Start) -> Callable[..., str]:
    """Runs `dagster job execute` to its end and returns its output, `run_job("task_01", CONFIG, code=1)`.

    Fails if the exit code is not `code`.
    """

    def run(job: str, config: dict[str, Any] | None = None, *, code: int = 0, fresh: bool = False) -> str:
        running = start_job(job, config, fresh=fresh)
        assert running.wait() == code, running.output
        return running.output

    return run


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server that a test may crash."""
    # A commit must survive a crash of the server. Crashes of the machine are not tested.
    parameters = {"fsync": "off", "full_page_writes": "off", "max_connections": "60"}
    with TemporaryDirectory(prefix="conflict_pipeline_") as folder:
        server = EmbeddedPostgres(Path(folder), parameters)
        server.start()
        yield server
        server.stop()


def crash(server: EmbeddedPostgres, seconds_away: float) -> None:
    """Stop it without a checkpoint, which breaks every session, and start it again after a while."""
    _pg_ctl(server, "stop", "-m", "immediate")
    time.sleep(seconds_away)
    # Unlike "start", "restart" takes the options with which the server has run.
    _pg_ctl(server, "restart", "-l", f"{server.host}/server.log")


def _pg_ctl(server: EmbeddedPostgres, *arguments: str) -> None:
    command: list[str | Path] = [embedded._binaries() / "pg_ctl", "-D", server.folder / "data"]
    account = pwd.getpwnam(embedded.SERVICE_USER) if os.geteuid() == 0 else None
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    subprocess.run([*command, "-s", "-w", *arguments], user=user, group=group, cwd="/", check=True)


def wait_until(condition: Callable[[], object], what: str, *running: Running) -> None:
    """Wait for the condition, looking every 10 ms; a process in `running` must not end before it holds."""
    deadline = time.monotonic() + WAIT_TIMEOUT
    while not condition():
        for process in running:
            assert process.alive, f"the process ended before {what}:\n{process.output}"
        assert time.monotonic() < deadline, f"no {what} within {WAIT_TIMEOUT} s"
        time.sleep(0.01)


def chunks(session: Session) -> dict[str, dict[str, Any]]:
    """The rows of conflict_chunk_status by partition key, of all cycles."""
    rows = session.conn.execute("SELECT * FROM conflict.conflict_chunk_status").fetchall()
    return {row["partition_key"]: row for row in rows}


def values(session: Session, column: str) -> dict[str, Any]:
    """One column of conflict_chunk_status by partition key: `values(session, "status")`."""
    return {key: chunk[column] for key, chunk in chunks(session).items()}


def cycle_states(session: Session) -> list[str]:
    """The states of all cycles, from the oldest to the newest."""
    rows = session.conn.execute("SELECT state FROM conflict.conflict_cycle ORDER BY cycle_id").fetchall()
    return [row["state"] for row in rows]


def waiting(session: Session, work: str, for_what: str = "Lock") -> list[int]:
    """The backends of sessions named `work` that wait: for a lock, or "Timeout" if they sleep."""
    rows = session.conn.execute(
        """SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = %s AND application_name LIKE %s""",
        [for_what, f"conflict_pipeline {work}%"],
    ).fetchall()
    return [row["pid"] for row in rows]


def materialized(dagster_home: Path) -> set[str]:
    """The partitions of conflictvisitmaps that Dagster shows as materialized."""
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        return set(instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps")))


def in_progress_flag(session: Session) -> int:
    row = session.conn.execute('SELECT "InProgressFlag" AS flag FROM conflict.settings').fetchone()
    assert row is not None
    return int(row["flag"])


def add_trigger(session: Session, name: str, body: str, table: str = "conflictvisitmaps") -> None:
    """Run `body` (PL/pgSQL; NEW is the row) before each update of a row of the table."""
    session.conn.execute(
        f"CREATE FUNCTION conflict.{name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {body} RETURN NEW; END$$"
    )
    session.conn.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON conflict.{table}"
        f" FOR EACH ROW EXECUTE FUNCTION conflict.{name}()"
    )


def drop_trigger(session: Session, name: str) -> None:
    session.conn.execute(f"DROP FUNCTION conflict.{name} CASCADE")


def _run(environment: dict[str, str], folder: Path, log: Path, fresh: bool, command: list[str]) -> None:
    """What the new process does."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # The preloaded modules hold the settings of the process that was first.
    load_settings.cache_clear()
    sys.modules.pop("conflict_pipeline.definitions", None)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(descriptor, standard)
    if fresh:
        os.execv(sys.executable, [sys.executable, "-m", *command])
    module, sys.argv[1:] = command[0], command[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
