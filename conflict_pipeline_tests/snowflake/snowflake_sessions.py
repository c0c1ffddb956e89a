"""Sessions on the emulator and on AnsweringSnowflake, and what tests do with them."""

import traceback
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from psycopg import sql

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.account import Snowflake, open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.snowflake.answering_snowflake import AnsweringSnowflake

SECRET = "do-not-show-me"
ROWS = 3_000


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Snowflake:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    return open_snowflake()


@pytest.fixture
def snowflake(answering: AnsweringSnowflake, monkeypatch: pytest.MonkeyPatch) -> Snowflake:
    return configure(monkeypatch, **answering.environment(), SNOWFLAKE_PASSWORD=SECRET)


@pytest.fixture
def source(emulator: SnowflakeEmulator) -> Iterator[SnowflakeSession]:
    """A session on the emulator, with a table NUMBERS of the numbers from 0 and an empty table NOTHING."""
    numbers = f"SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => {ROWS}))"
    emulator.execute("ANALYTICS", "BI", f"CREATE TABLE NUMBERS AS {numbers}")
    emulator.execute("ANALYTICS", "BI", "CREATE TABLE NOTHING (N INTEGER)")
    with open_snowflake().session("test") as session:
        yield session


def refusal(work: Callable[[], object], *secrets: str) -> PipelineError:
    """Return the error with which `work` fails: one line, without secrets, as is its traceback."""
    with pytest.raises(PipelineError) as error:
        work()
    assert "\n" not in str(error.value)
    shown = "".join(traceback.format_exception(error.value))
    assert [secret for secret in (SECRET, *secrets) if secret in shown] == []
    return error.value


def log_in(snowflake: Snowflake) -> None:
    with snowflake.session("test"):
        pass


def ask(snowflake: Snowflake) -> None:
    with snowflake.session("test") as session:
        session.one("loads/select_version")


def batches(source: SnowflakeSession, table: str = "NUMBERS") -> Iterator[pa.Table]:
    parts = {"table": sql.Identifier(table), "columns": sql.Identifier("N")}
    return source.batches("loads/select_rows", None, **parts)


def numbers(source: SnowflakeSession, table: str = "NUMBERS") -> list[int]:
    return sorted(number for batch in batches(source, table) for number in batch.column("N").to_pylist())
