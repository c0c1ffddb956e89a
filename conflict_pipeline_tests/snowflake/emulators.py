"""Running emulators, connections to them by the real connector, and tables to fill them with."""
# ruff: noqa: DTZ001 - many of these times have no time zone

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import sql
from snowflake.connector import SnowflakeConnection

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

FIRST = datetime(1, 1, 1, 0, 0, 0, 1)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)
KINDS = {
    "ID": "numeric(38,0)",
    "Name of it": "varchar(50)",
    'a "Quoted" name': "varchar(5)",
    "Rate": "numeric(12,8)",
    "Hours": "numeric(38,5)",
    "Start Time": "timestamp",
    "Updated Datatimestamp": "timestamptz",
    "Visit Date": "date",
    "Is Missed": "boolean",
}
ROWS: list[tuple[Any, ...]] = [
    (1, "plain", "x", Decimal("1.5"), Decimal("0.00001"), FIRST, FIRST.replace(tzinfo=UTC), date.min, True),
    (2, "", "", Decimal(0), Decimal(0), LAST, LAST.replace(tzinfo=UTC), date.max, False),
    (3, *[None] * 8),
    (4, "é ß 漢字 🙂\u200d", "🙂", Decimal("9999.99999999"), Decimal("-0.1"), *[None] * 4),
    (5, 'a "quote", it\'s', '"', Decimal("-9999.99999999"), Decimal(f"{'9' * 33}.99999"), *[None] * 4),
    (6, "a\nb\r\nc\rd\te", "\n", Decimal("0.00000001"), Decimal("1.10000"), *[None] * 4),
    (7, "back\\slash \\N \\.", "\\.", Decimal("-0.00000001"), Decimal(f"-{'9' * 33}.99999"), *[None] * 4),
    (8, "NULL", ",", None, None, datetime(1969, 12, 31, 23, 59, 59, 999_999), *[None] * 3),
    (2**63, " blanks ", " ", *[None] * 6),
    (10**38 - 1, "most", None, *[None] * 6),
    (1 - 10**38, "least", None, *[None] * 6),
]


@contextmanager
def running(folder: Path | None = None) -> Iterator[SnowflakeEmulator]:
    emulator = SnowflakeEmulator(folder)
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()


def connect(emulator: SnowflakeEmulator, **options: Any) -> SnowflakeConnection:
    found = emulator.environment()
    arguments: dict[str, Any] = {
        "account": found["SNOWFLAKE_ACCOUNT"],
        "user": found["SNOWFLAKE_USER"],
        "password": found["SNOWFLAKE_PASSWORD"],
        "host": found["SNOWFLAKE_HOST"],
        "port": int(found["SNOWFLAKE_PORT"]),
        "protocol": found["SNOWFLAKE_PROTOCOL"],
        "database": "ANALYTICS",
        "schema": "BI",
        "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        "arrow_number_to_decimal": True,
        # Otherwise it asks the metadata services of three clouds where it is.
        "platform_detection_timeout_seconds": 0,
    }
    return SnowflakeConnection(**arguments | options)


def rows(connection: SnowflakeConnection, statement: str, values: Any = None) -> list[Any]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def batches(connection: SnowflakeConnection, statement: str) -> Iterator[Any]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        yield from cursor.fetch_arrow_batches(force_microsecond_precision=True)


def arrow_rows(connection: SnowflakeConnection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for batch in batches(connection, statement) for row in batch.to_pylist()]


def create(session: Session, name: str, kinds: dict[str, str], content: Any = ()) -> tables.Table:
    """Create a table with these rows in Postgres."""
    table = sql.Identifier(session.schema_names["analytics"], name)
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in kinds.items()
    ]
    session.conn.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns)))
    with session.conn.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for row in content:
            copy.write_row(row)
    found = (tables.Column(column, kind, True, False, "") for column, kind in kinds.items())
    return tables.Table("analytics", name, tuple(found))


def numbered(session: Session, emulator: SnowflakeEmulator, count: int) -> None:
    table = create(session, "numbered", {"ID": "numeric(38,0)", "At": "timestamptz"})
    session.conn.execute(
        sql.SQL("INSERT INTO {}.numbered SELECT n, to_timestamp(n) FROM generate_series(1, {}) n").format(
            session.schemas["analytics"], count
        )
    )
    assert emulator.fill(session, table) == count
