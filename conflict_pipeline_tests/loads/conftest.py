"""Snowflake with the tables of visits, for tests of loads."""

from collections.abc import Iterator

import pytest

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.loads.upstream import Upstream


@pytest.fixture(scope="module")
def _emulator_of_visits(shared_database: Postgres) -> Iterator[SnowflakeEmulator]:
    """An emulator with the empty tables of visits in the schema EMPTY."""
    emulator = SnowflakeEmulator()
    emulator.start()
    with shared_database.session("test") as session:
        for name in tables.STAGED_TABLES:
            emulator.fill(session, tables.get_table(name), schema_name="EMPTY")
    yield emulator
    emulator.stop()


@pytest.fixture
def upstream(
    _emulator_of_visits: SnowflakeEmulator, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Upstream:
    """Snowflake with empty tables of visits; also the account that the settings name.

    Copying a definition takes a fifth of the time of translating it. Other tables may be left of an earlier
    test of the module.
    """
    for variable, value in _emulator_of_visits.environment().items():
        monkeypatch.setenv(variable, value)
    load_settings.cache_clear()
    upstream = Upstream(_emulator_of_visits, database)
    for name in tables.STAGED_TABLES:
        upstream.run(f"CREATE OR REPLACE TABLE {name} LIKE EMPTY.{name}")
    return upstream
