"""The analytics tables on their way into the Snowflake emulator."""

import pytest
from rich.console import Console

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo import run
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator


def test_tables_that_were_handed_over_and_not_yet_loaded_are_not_handed_over_empty(
    database: Postgres, session: Session, emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "local_emulator", lambda _: emulator)
    load_sample(session, SampleSize(conflict_rows=1_000, visits=1_500), ledger.today(session))

    for _ in range(2):
        environment = run._to_emulator(database, session, Console(quiet=True))

    count = "SELECT COUNT(*) FROM FACTVISITCALLPERFORMANCE_CR"
    assert emulator.execute("ANALYTICS", "BI", count) == [(1_500,)]
    assert not session.conn.execute("SELECT FROM analytics.factvisitcallperformance_cr").fetchall()
    assert environment == emulator.environment()
