"""Rows to put into the tables: what a test does not mention has a harmless value, or is NULL.

The database checks the names of columns. The day is fixed; a plan over it needs WIDE.
"""

from datetime import UTC, date, datetime, time
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

Row = dict[str, Any]
Clock = tuple[str | None, str | None]

DAY = date(2026, 3, 2)
SSN = "900000001"
WINDOW = {"window_start": date(2024, 3, 2), "window_end": date(2026, 4, 16)}
WIDE = CycleSettings(lookback_years=50)
NO_TIMES: Clock = (None, None)


def at(clock: str) -> datetime:
    """That time of DAY, `at("09:00:01")`."""
    return datetime.combine(DAY, time.fromisoformat(clock))


def insert(session: Session, table: str, **columns: Any) -> Row:
    """One row; returns it as the table has it."""
    statement = sql.SQL("INSERT INTO {table} ({names}) VALUES ({places}) RETURNING *").format(
        table=_name(session, table),
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        places=sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    row = tolerant_cursor(session).execute(statement, list(columns.values())).fetchone()
    assert row is not None
    return row


def change(session: Session, table: str, **columns: Any) -> None:
    """Set these columns in every row of the table."""
    statement = sql.SQL("UPDATE {table} SET {assignments}").format(
        table=_name(session, table),
        assignments=sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns),
    )
    session.conn.execute(statement, list(columns.values()))


def read(session: Session, table: str) -> list[Row]:
    """Every row, in the order of the table's first column."""
    return session.conn.execute(
        sql.SQL("SELECT * FROM {table} ORDER BY 1").format(table=_name(session, table))
    ).fetchall()


def clear(session: Session, table: str) -> None:
    session.conn.execute(sql.SQL("DELETE FROM {table}").format(table=_name(session, table)))


def small_world(session: Session) -> None:
    """Settings, one speed for every distance, caregiver c1 and providers p1 to p3."""
    settings(session)
    band(session, 1, 0, 20_000, 30)
    insert(session, "dimcaregiver", **{"Caregiver Id": "c1", "SSN": SSN})
    for name in ("p1", "p2", "p3"):
        provider(session, name)


def settings(session: Session, **columns: Any) -> Row:
    return insert(session, "settings", **{"ID": 0, "ExtraDistancePer": 1, "InProgressFlag": 2, **columns})


def band(session: Session, number: int, low: int | None, high: int | None, speed: int | None) -> Row:
    """A speed band, from `low` to `high` miles."""
    return insert(session, "mph", ID=number, From=low, To=high, AverageMilesPerHour=speed)


def provider(session: Session, name: str, **columns: Any) -> Row:
    return insert(
        session, "dimprovider", **{"Provider Id": name, "Is Active": True, "Is Demo": False, **columns}
    )


def visit(
    session: Session,
    name: str,
    columns: Row | None = None,
    *,
    scheduled: Clock = NO_TIMES,
    actual: Clock = NO_TIMES,
) -> Row:
    """Visit `v1` is by caregiver c1 for provider p1, and so on."""
    return insert(
        session,
        "factvisitcallperformance_cr",
        **{
            "Visit Id": name,
            "Caregiver Id": "c1",
            "Provider Id": name.replace("v", "p"),
            "Visit Date": DAY,
            "Scheduled Start Time": scheduled[0] and at(scheduled[0]),
            "Scheduled End Time": scheduled[1] and at(scheduled[1]),
            "Visit Start Time": actual[0] and at(actual[0]),
            "Visit End Time": actual[1] and at(actual[1]),
            **(columns or {}),
        },
    )


def pair(session: Session, number: int = 1, **columns: Any) -> Row:
    """A row of conflictvisitmaps, of v1 with v2 unless told otherwise; every rule's flag is N."""
    return insert(
        session,
        "conflictvisitmaps",
        **{
            "ID": number,
            "CONFLICTID": 7,
            "SSN": SSN,
            "VisitDate": DAY,
            "VisitID": "v1",
            "ConVisitID": "v2",
            "StatusFlag": "R",
            **dict.fromkeys(RULE_COLUMNS, "N"),
            **columns,
        },
    )


def equal_visits(session: Session) -> None:
    """A small world whose visits v1 and v2 have equal scheduled times, and their pair."""
    small_world(session)
    for name in ("v1", "v2"):
        visit(session, name, scheduled=("09:00", "11:00"))
    pair(session)


def cycle(session: Session, **columns: Any) -> Row:
    """An open cycle, as a plan leaves it."""
    defaults = {
        "cycle_key": "c20260302t010203",
        "settings": "{}",
        "run_id": "run",
        "planned_at": datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC),
        **WINDOW,
    }
    return insert(session, "conflict_cycle", **{**defaults, **columns})


def chunk(session: Session, of_cycle: Row, number: int = 1, **columns: Any) -> Row:
    """A pending chunk of the whole window."""
    return insert(
        session,
        "conflict_chunk",
        **{
            "cycle_id": of_cycle["cycle_id"],
            "chunk_number": number,
            "partition_key": f"{of_cycle['cycle_key']}_{number:04d}",
            "from_date": WINDOW["window_start"],
            "from_ssn": "",
            "to_date": WINDOW["window_end"],
            "to_ssn": "",
            "keys": 1,
            "planned": 1,
            **columns,
        },
    )


def _name(session: Session, table: str) -> sql.Identifier:
    # The ledger is in no list of tables: it stands in the schema conflict.
    roles = {wanted.name: wanted.schema for wanted in tables.all_tables()}
    return sql.Identifier(session.schema_names[roles.get(table, "conflict")], table)


class _TextLoader(Loader):
    """Falls back to the text."""

    usual: type[Loader]

    def load(self, data: Buffer) -> Any:
        try:
            return self.usual(self.oid, self.connection).load(data)
        except psycopg.DataError:
            return bytes(data).decode()


def tolerant_cursor(session: Session) -> psycopg.Cursor[dict[str, Any]]:
    """A cursor to which a time that Python cannot hold is its text."""
    cursor = session.conn.cursor()
    for name, usual in {
        "date": DateLoader,
        "timestamp": TimestampLoader,
        "timestamptz": TimestamptzLoader,
    }.items():
        cursor.adapters.register_loader(name, type("Loader", (_TextLoader,), {"usual": usual}))
    return cursor
