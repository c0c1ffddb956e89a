"""The sample in Snowflake only, as the source of loads."""

from datetime import datetime

import pytest

from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.loads.upstream import Rows, Upstream, table_rows

NAMES = [table.name for table in LOADED_TABLES]
# Settings with which a first load of the sample's visits has several slices.
LOADS = {"LOAD_FROM_SNOWFLAKE": "true", "LOAD_SLICE_ROWS": "700"}


@pytest.fixture
def expected(sample: Postgres) -> dict[str, Rows]:
    """The rows of the analytics tables that a load has to bring."""
    with sample.session("test") as session:
        return {name: table_rows(session, name) for name in NAMES}


@pytest.fixture
def upstream(
    sample: Postgres,
    expected: dict[str, Rows],
    emulator: SnowflakeEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Upstream:
    """Snowflake with the sample's analytics tables, which are empty in Postgres."""
    for name, value in LOADS.items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    upstream = Upstream(emulator, sample)
    with sample.session("test") as session:
        upstream.take(session, *NAMES)
    return upstream


def refreshes(database: Postgres) -> list[datetime]:
    """Return the times at which complete loads ended."""
    with database.session("test") as session:
        rows = session.conn.execute(
            """SELECT "REFRESH_FINISHED_AT" AS at FROM analytics.factdatarefreshstatus
            WHERE "MODULE" = 'Conflict Report' AND "STATUS" = 'success' ORDER BY 1"""
        ).fetchall()
    return [row["at"] for row in rows]
