"""The two systems with the same rows, of which a test then changes some."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from conflict_pipeline.parity.compare import compare
from conflict_pipeline.parity.result import Finding, Parity
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres, open_postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import Table
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

PLACE = ("CONFLICTREPORT", "PUBLIC")
# Some columns of each kind: the emulator takes more than a second to read a statement of all.
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
    """Postgres and the emulator; `copy` gives the emulator the rows that Postgres has."""

    session: Session
    emulator: SnowflakeEmulator
    said: list[str] = field(default_factory=list)

    def here(self, statement: str) -> None:
        """Run it in Postgres."""
        self.session.conn.execute(statement.encode())

    def there(self, statement: str) -> None:
        """Run it in the emulator."""
        self.emulator.execute(*PLACE, statement)

    def fill(self, ids: Iterable[int]) -> None:
        """Rows with these IDs, that have values in all the columns of SOME but the guards, and are equal."""
        self.session.conn.execute(_INSERT, {"ids": list(ids)})
        self.copy()

    def copy(self, names: tuple[str, ...] = SOME) -> None:
        table = tables.get_table("conflictvisitmaps")
        columns = tuple(column for column in table.columns if column.name in names)
        self.emulator.fill(self.session, Table(table.schema, table.name, columns), *PLACE)

    def compare(self) -> Parity:
        return compare(open_postgres(), open_snowflake(), self.said.append)


@pytest.fixture
def systems(database: Postgres, session: Session, emulator: SnowflakeEmulator) -> Systems:
    """Without a row; the settings name both."""
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    both = Systems(session, emulator)
    both.copy()
    return both


def a_parity(**changes: Any) -> Parity:
    values: dict[str, Any] = {
        "missing_columns": ("FAILEDON",),
        "rows_there": 1_234_567,
        "only_here": Finding(2, [7, 8]),
        "columns": {
            ("SSN", "unexpected"): Finding(12, list(range(12))),
            ("PLatitude", "gps_parsing"): Finding(1, [3]),
        },
        "unexpected_rows": 14,
        "seconds": 1.23456,
    }
    return Parity(**(values | changes))


def found(parity: Parity) -> dict[tuple[str, str], list[int]]:
    """IDs by column and class."""
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
