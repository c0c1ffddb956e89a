"""Each number is that of the measured work."""

import subprocess
import sys
import time

import pytest

from conflict_pipeline.devtools.bench import meter
from conflict_pipeline.postgres.database import Postgres

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


@pytest.fixture
def beside(database: Postgres) -> Postgres:
    """Another database of the same server."""
    return Postgres(database.settings, {**database.conninfo, "dbname": "postgres"})


def test_seconds_wal_and_temporary_files_of_the_work_are_counted(
    database: Postgres, beside: Postgres
) -> None:
    def work() -> str:
        with database.session("test") as session:
            session.conn.execute("SET work_mem = '64kB'")
            session.conn.execute(
                "CREATE TABLE public.sorted AS SELECT n FROM generate_series(1, 20000) AS n ORDER BY n DESC"
            )
        time.sleep(0.2)
        return "done"

    result, usage = meter.measure(beside, database, work)

    assert result == "done"
    assert usage.seconds > 0.2
    assert usage.wal_bytes > 20_000 * 4
    assert usage.temp_bytes > 20_000 * 4


def test_processor_time_is_that_of_the_work_and_of_its_children(database: Postgres, beside: Postgres) -> None:
    def work() -> None:
        subprocess.run([sys.executable, "-c", BUSY], check=True)

    _, busy = meter.measure(beside, database, work)
    _, idle = meter.measure(beside, database, lambda: time.sleep(0.5))

    assert busy.client_cpu_seconds > 0.25
    assert idle.client_cpu_seconds < 0.1


def test_work_that_does_nothing_writes_nothing(database: Postgres, beside: Postgres) -> None:
    _, usage = meter.measure(beside, database, lambda: None)

    assert usage.temp_bytes == 0
    assert usage.server_bytes is None


def test_memory_is_that_of_this_process_and_of_the_server_process(
    database: Postgres, beside: Postgres
) -> None:
    def work() -> None:
        blob = bytearray(64 * 1024 * 1024)
        with database.session("test") as session:
            session.conn.execute("SELECT length(repeat('x', 50000000)), pg_sleep(0.3)")
        del blob

    _, usage = meter.measure(beside, database, work)
    _, after = meter.measure(beside, database, lambda: None)

    assert usage.client_bytes
    assert after.client_bytes
    assert usage.client_bytes > after.client_bytes + 32 * 1024 * 1024
    assert usage.server_bytes
    assert usage.server_bytes > 1024 * 1024


def test_only_a_local_server_has_a_known_memory() -> None:
    assert not meter._is_local("db.example.com")
    assert meter._is_local("127.0.0.1")


def test_an_error_of_the_work_is_raised(database: Postgres, beside: Postgres) -> None:
    def fail() -> None:
        raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        meter.measure(beside, database, fail)
