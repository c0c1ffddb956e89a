"""Copies of Arrow tables into a temporary table of Postgres, for tests of what arrives there."""
# ruff: noqa: DTZ001 - many of these times have no time zone

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy, CopyResult, TargetColumn
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.server import Conninfo

INTO = sql.Identifier("pg_temp", "arriving")
FIRST = datetime(1, 1, 1, 0, 0, 0, 1)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)
BEFORE_1970 = datetime(1969, 12, 31, 23, 59, 59, 999_999)


@pytest.fixture(scope="module")
def server_session(server: Conninfo) -> Iterator[Session]:
    """One session for all tests of a module, because each creates its own temporary table."""
    with psycopg.connect(**server, dbname="postgres", autocommit=True, row_factory=dict_row) as conn:
        # Prepared statements would fail after the type of a column has changed.
        conn.prepare_threshold = None
        conn.execute("SET TimeZone = 'UTC'")
        yield Session(conn, {})


@pytest.fixture
def in_zone(server_session: Session) -> Iterator[Callable[[str], None]]:
    yield lambda zone: set_zone(server_session, zone)
    set_zone(server_session, "UTC")


def set_zone(session: Session, zone: str) -> None:
    session.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])


def create(session: Session, value_type: str, key_type: str = "text") -> list[TargetColumn]:
    """Create a temporary table with the columns "Key" and "Value"; return them as targets."""
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.arriving")
    session.conn.execute(
        sql.SQL('CREATE TEMPORARY TABLE arriving ("Key" {}, "Value" {})').format(
            sql.SQL(key_type), sql.SQL(value_type)
        )
    )
    rows = session.conn.execute(
        "SELECT attname, format_type(atttypid, atttypmod) AS type_name FROM pg_attribute"
        " WHERE attrelid = 'pg_temp.arriving'::regclass AND attnum > 0 ORDER BY attnum"
    )
    return [TargetColumn(row["attname"], row["type_name"], in_key=row["attname"] == "Key") for row in rows]


def key(number: int) -> str:
    return f"k{number:06}"


def keyed(values: pa.Array, first: int = 0) -> pa.Table:
    """Return a table with these values in the order of their keys; its columns are in another order."""
    return pa.table({"Value": values, "Key": [key(first + index) for index in range(len(values))]})


def copy(
    session: Session, targets: list[TargetColumn], tables: Iterable[pa.Table], zone: str = "UTC"
) -> CopyResult:
    return ArrowCopy("visits", targets, zone).copy(session, INTO, tables, lambda *_: None)


def values(session: Session) -> list[Any]:
    # In text format a float4 would be rounded.
    with session.conn.cursor(binary=True) as cursor:
        return [row["Value"] for row in cursor.execute('SELECT "Value" FROM arriving ORDER BY "Key"')]


def copied(session: Session, type_name: str, array: pa.Array, zone: str = "UTC") -> list[Any]:
    """Copy the values into a column of this type; return what it holds."""
    copy(session, create(session, type_name), [keyed(array)], zone)
    return values(session)


def refusal(session: Session, type_name: str, array: pa.Array, zone: str = "UTC") -> str:
    """Return the message with which the values are refused: one line that contains none of them."""
    targets = create(session, type_name)
    with pytest.raises(PipelineError) as error:
        copy(session, targets, [keyed(array)], zone)
    message = str(error.value)
    assert values(session) == []
    assert "\n" not in message
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    if not pa.types.is_nested(array.type):
        texts = array.cast(pa.string()).to_pylist()
        assert not [text for text in texts if text and len(text) > 3 and text in message]
    return message


def unfit(type_name: str, number: int) -> str:
    return (
        f"visits: the value of column Value in the row with Key {key(number)} does not fit into "
        f"{type_name}. Nothing was changed. Correct it in Snowflake and load again."
    )


def differing(session: Session, expected: str) -> list[str]:
    rows = session.conn.execute(
        sql.SQL('SELECT "Key"::text AS key FROM arriving WHERE "Value" IS DISTINCT FROM {}').format(
            sql.SQL(expected)
        )
    )
    return [row["key"] for row in rows]
