"""Both systems with the same rows, some of which a test then changes."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from conflict_pipeline.parity.compare import compare
from conflict_pipeline.parity.result import Finding, Parity
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import Table
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.server import TEMPLATE, Conninfo, drop_database, recreate_database

PLACE = ("CONFLICTREPORT", "PUBLIC")
# Some columns of each kind, because the emulator needs over a second to parse a statement with all columns.
SOME = (
    *("ID", "CONFLICTID", "SSN", "PName", "AideName", "VisitDate", "StatusFlag", "UpdateFlag", "ResolveDate"),
    *(
        "VisitStartTime",
        "VisitEndTime",
        "ConVisitStartTime",
        "ConVisitEndTime",
        "IsMissed",
        "BilledRateMinute",
    ),
    *("PLatitude", "PLongitude", "ConPLatitude", "ConPLongitude"),
    *("DistanceMilesFromLatLng", "AverageMilesPerHour", "ETATravleMinutes", "MinuteDiffBetweenSch"),
    *("DistanceFlag", "SameSchTimeFlag", "UpdatedDate"),
    *("InserviceStartDate", "InserviceEndDate", "PTOStartDate", "PTOEndDate"),
    *("ConInserviceStartDate", "ConInserviceEndDate", "ConPTOStartDate", "ConPTOEndDate"),
)


@dataclass
class Systems:
    """Postgres and the emulator; `copy` replaces the emulator's rows by those of Postgres."""

    session: Session
    emulator: SnowflakeEmulator
    logged: list[str] = field(default_factory=list)

    def run_in_postgres(self, statement: str) -> None:
        """Run a statement in Postgres."""
        self.session.conn.execute(statement.encode())

    def run_in_snowflake(self, statement: str) -> None:
        """Run a statement in the emulator."""
        self.emulator.execute(*PLACE, statement)

    def fill(self, ids: Iterable[int]) -> None:
        """Insert equal rows with these IDs and with values in all columns of SOME except the guards."""
        self.session.conn.execute(_INSERT, {"ids": list(ids)})
        self.copy()

    def copy(self, names: tuple[str, ...] = SOME) -> None:
        table = tables.get_table("conflictvisitmaps")
        columns = tuple(column for column in table.columns if column.name in names)
        self.emulator.fill(self.session, Table(table.schema, table.name, columns), *PLACE)

    def compare(self) -> Parity:
        return compare(open_postgres(), open_snowflake(), self.logged.append)


@pytest.fixture(scope="module")
def both_systems(_admin: psycopg.Connection, server: Conninfo) -> Iterator[tuple[str, SnowflakeEmulator]]:
    """The name of a database, and a running emulator, for all tests of a module."""
    name = f"conflict_pipeline_parity_{os.getpid()}"
    recreate_database(_admin, name, TEMPLATE)
    emulator = SnowflakeEmulator()
    emulator.start()
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    yield name, emulator
    emulator.stop()
    drop_database(_admin, name)


@pytest.fixture
def systems(
    both_systems: tuple[str, SnowflakeEmulator],
    environment: Callable[..., Postgres],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Systems]:
    """Both systems with an empty table; the settings point to them."""
    name, emulator = both_systems
    for variable, value in emulator.environment().items():
        monkeypatch.setenv(variable, value)
    with environment(name).session("test") as session:
        session.conn.execute("TRUNCATE conflict.conflictvisitmaps")
        both = Systems(session, emulator)
        both.copy()
        yield both


def a_parity(**changes: Any) -> Parity:
    values: dict[str, Any] = {
        "missing_columns": ("FAILEDON",),
        "rows_in_snowflake": 1_234_567,
        "only_in_postgres": Finding(2, [7, 8]),
        "columns": {
            ("SSN", "unexpected"): Finding(12, list(range(12))),
            ("PLatitude", "gps_parsing"): Finding(1, [3]),
        },
        "unexpected_rows": 14,
        "seconds": 1.23456,
    }
    return Parity(**(values | changes))


def found(parity: Parity) -> dict[tuple[str, str], list[int]]:
    """Return the IDs by column and class."""
    return {(column, name): finding.ids for column, name, finding in parity.findings()}


_INSERT = b"""
INSERT INTO conflict.conflictvisitmaps (
    "ID", "CONFLICTID", "SSN", "PName", "AideName", "VisitDate", "StatusFlag", "UpdateFlag", "ResolveDate",
    "VisitStartTime", "VisitEndTime", "ConVisitStartTime", "ConVisitEndTime", "IsMissed", "BilledRateMinute",
    "PLatitude", "PLongitude", "ConPLatitude", "ConPLongitude",
    "DistanceMilesFromLatLng", "AverageMilesPerHour", "ETATravleMinutes", "MinuteDiffBetweenSch",
    "DistanceFlag", "SameSchTimeFlag", "UpdatedDate"
)
SELECT
    id, 7, '900000001', '', 'Zo\xc3\xab Example', '2026-03-02', 'U', NULL, NULL,
    '2026-03-02 09:00', '2026-03-02 11:00', '2026-03-02 11:20:30.000001', '2026-03-02 12:00', FALSE, 0.5,
    '40.7128', '-74.006', '40.8', '-74.1', 10.4, 30, 21, 21, 'Y', 'N', '2026-03-03 01:02:03.456789'
FROM unnest(%(ids)s::numeric[]) AS id
"""
