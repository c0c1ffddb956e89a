"""Life of an emulator: its folder, sessions, log-ins and output, and that only one runs in a process."""

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakesnow.transforms import stage
from snowflake.connector import DatabaseError, ProgrammingError, SnowflakeConnection

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake import emulator_server
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.snowflake.emulators import KINDS, ROWS, connect, create, rows, running


@pytest.fixture
def emulator() -> Iterator[SnowflakeEmulator]:
    with running() as emulator:
        yield emulator


@pytest.fixture
def connection(emulator: SnowflakeEmulator) -> Iterator[SnowflakeConnection]:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    with closing(connect(emulator)) as connection:
        yield connection


def test_the_emulator_leaves_no_folder_of_stages() -> None:
    assert not Path(stage.LOCAL_BUCKET_PATH).exists()


@pytest.mark.parametrize("wrong", [{"user": "another"}, {"password": "wrong"}, {"password": ""}])
def test_a_wrong_password_is_refused(emulator: SnowflakeEmulator, wrong: dict[str, str]) -> None:
    with pytest.raises((DatabaseError, ProgrammingError)) as refused:
        connect(emulator, **wrong)
    if wrong != {"password": ""}:  # which the connector itself refuses
        assert "Incorrect username or password was specified." in str(refused.value)
    assert not emulator.server.sessions


def test_nothing_is_printed_or_logged(
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[logging.LogRecord] = []
    root = logging.Handler()
    monkeypatch.setattr(root, "emit", heard.append)
    monkeypatch.setattr(logging.root, "handlers", [root])
    monkeypatch.setattr(logging.root, "level", logging.INFO)

    rows(connection, "SELECT TO_CHAR(1.5, '9.9')")
    for wrong in ("SELECT * FROM MISSING", "SELEC 1", "SELECT 9223372036854775807::INT * 10"):
        with pytest.raises(ProgrammingError):
            rows(connection, wrong)
    with pytest.raises(DatabaseError):
        connect(emulator, password="wrong")
    emulator.stop()

    assert capfd.readouterr() == ("", "")
    assert {record.name.partition(".")[0] for record in heard} <= {"snowflake"}


def test_the_folder_keeps_the_data(scratch: Session, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with running(folder) as emulator:
        emulator.fill(scratch, create(scratch, "edges", KINDS, ROWS))
        emulator.execute("OTHER", "PUBLIC", "CREATE TABLE T AS SELECT 1 AS A")
        emulator.stop()  # and once more at the end of the block

    with running(folder) as emulator, closing(connect(emulator)) as connection:
        assert rows(connection, "SELECT * FROM EDGES") == ROWS
        assert rows(connection, "SELECT * FROM OTHER.PUBLIC.T") == [(1,)]
        lengths = "SELECT SUM(character_maximum_length) FROM ANALYTICS.INFORMATION_SCHEMA.COLUMNS"
        assert rows(connection, lengths) == [(55,)]

    assert sorted(file.name for file in folder.iterdir()) == ["ANALYTICS.db", "OTHER.db", "_fs_global.duckdb"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("names", [("first", "second"), (None, None)], ids=["folders", "memory"])
def test_emulators_do_not_share_data(tmp_path: Path, names: tuple[str | None, ...]) -> None:
    first, second = (tmp_path / name if name else None for name in names)
    with running(first) as emulator:
        emulator.execute("ANALYTICS", "BI", "CREATE TABLE T AS SELECT 1 AS A")

    with running(second) as emulator, closing(connect(emulator)) as connection:
        # As in Snowflake, connecting has created no database.
        with pytest.raises(ProgrammingError, match="090105"):
            rows(connection, "SELECT * FROM T")
        with pytest.raises(ProgrammingError, match="002003"):
            rows(connection, "SELECT * FROM ANALYTICS.BI.T")


def test_at_most_one_runs_in_a_process(emulator: SnowflakeEmulator, connection: SnowflakeConnection) -> None:
    with pytest.raises(RuntimeError, match="another Snowflake emulator"):
        SnowflakeEmulator().start()

    assert rows(connection, "SELECT 1") == [(1,)]


def test_a_folder_in_use_is_named(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from conflict_pipeline.snowflake.emulator import SnowflakeEmulator;"
        "emulator = SnowflakeEmulator(Path(sys.argv[1])); emulator.start();"
        "emulator.execute('ANALYTICS', 'BI', 'CREATE TABLE T AS SELECT 1 AS A');"
        "print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "ready\n"
            with pytest.raises(PipelineError, match=f"^Another process .* {tmp_path}. Stop it,") as error:
                SnowflakeEmulator(tmp_path).start()
            assert "\n" not in str(error.value)
        finally:
            other.kill()

    # The folder can be used again, and what was written is there.
    with running(tmp_path) as emulator:
        assert emulator.execute("ANALYTICS", "BI", "SELECT A FROM T") == [(1,)]


def test_the_oldest_sessions_are_forgotten(
    emulator: SnowflakeEmulator, connection: SnowflakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(emulator).close()
    assert len(emulator.server.sessions) == 1

    monkeypatch.setattr(emulator_server, "MAX_SESSIONS", 3)
    dropped = []
    for _ in range(5):
        rows(connection, "SELECT 1")
        dropped.append(connect(emulator))
    assert len(emulator.server.sessions) == 3
    assert rows(connection, "SELECT 1") == [(1,)]
    for one in dropped:
        one.close()


def test_nothing_leaves_loopback(emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[object] = set()
    resolve = socket.getaddrinfo

    def spy(host: Any, *arguments: Any, **options: Any) -> Any:
        asked.add(host)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    with closing(connect(emulator)) as connection:
        rows(connection, "SELECT 1")
        with pytest.raises(ProgrammingError):
            rows(connection, "SELECT * FROM MISSING.MISSING.MISSING")
    assert asked == {"127.0.0.1"}
