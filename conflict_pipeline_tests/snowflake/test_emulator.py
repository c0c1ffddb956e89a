"""What the real connector reads from the emulator, which is what it would read from Snowflake."""

import hashlib
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from snowflake.connector import ProgrammingError, SnowflakeConnection

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake import emulator_patches, emulator_server
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.snowflake.emulators import (
    FIRST,
    KINDS,
    LAST,
    ROWS,
    arrow_rows,
    batches,
    connect,
    create,
    numbered,
    rows,
    running,
)


@pytest.fixture(scope="module")
def emulator() -> Iterator[SnowflakeEmulator]:
    """One emulator for all tests of this module; each uses tables of its own."""
    with running() as emulator:
        yield emulator


@pytest.fixture
def connection(emulator: SnowflakeEmulator) -> Iterator[SnowflakeConnection]:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    with closing(connect(emulator)) as connection:
        yield connection


def test_fill_copies_every_value_unchanged(
    scratch: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    table = create(scratch, "edges", KINDS, ROWS)

    assert emulator.fill(scratch, table) == len(ROWS)

    assert rows(connection, "SELECT * FROM EDGES") == ROWS
    assert arrow_rows(connection, "SELECT * FROM edges") == ROWS
    # Decimals that are equal may differ in scale.
    [hours] = rows(connection, 'SELECT "Hours" FROM EDGES WHERE "ID" = 6')[0]
    assert str(hours) == "1.10000"


def test_fill_replaces_and_leaves_no_file(
    scratch: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = create(scratch, "edges", KINDS, ROWS)
    emulator.fill(scratch, table)
    scratch.conn.execute(sql.SQL('DELETE FROM {}.edges WHERE "ID" <> 3').format(scratch.schemas["analytics"]))

    assert emulator.fill(scratch, table) == 1

    assert rows(connection, "SELECT * FROM EDGES") == [(3, *[None] * 8)]
    missing = tables.Table("analytics", "missing", table.columns)
    with pytest.raises(Exception, match="missing"):
        emulator.fill(scratch, missing)
    assert list(tmp_path.iterdir()) == []


def test_fill_takes_every_table_of_the_schema(
    scratch: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    for table in tables.all_tables():
        assert emulator.fill(scratch, table, "CONFLICTREPORT", "PUBLIC") == 0

    found = rows(
        connection,
        "SELECT table_name, column_name, data_type, numeric_precision, numeric_scale,"
        " character_maximum_length FROM CONFLICTREPORT.INFORMATION_SCHEMA.COLUMNS"
        " WHERE TABLE_SCHEMA = %(schema)s",
        {"schema": "PUBLIC"},
    )
    wanted = {
        (table.name.upper(), column.name, column.type_name)
        for table in tables.all_tables()
        for column in table.columns
    }
    assert {(table, column, postgres_type(*kind)) for table, column, *kind in found} == wanted
    assert len(found) == len(wanted)


def postgres_type(name: str, precision: int | None, scale: int | None, length: int | None) -> str:
    if name == "NUMBER":
        return f"numeric({precision},{scale})"
    if name == "TEXT":
        return f"varchar({length})"
    return {"TIMESTAMP_TZ": "timestamptz", "TIMESTAMP_NTZ": "timestamp"}.get(name, name.lower())


def test_timestamps_are_exact(
    scratch: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    chance = random.Random(1)
    span = (LAST - FIRST) // timedelta(microseconds=1)
    moments = [FIRST, LAST, *(FIRST + timedelta(microseconds=chance.randint(0, span)) for _ in range(1_000))]
    content = [(number, at, at.replace(tzinfo=UTC)) for number, at in enumerate(moments)]
    content.append((len(content), None, None))  # type: ignore[arg-type]
    scratch.conn.execute("SET TimeZone = 'America/New_York'")
    kinds = {"ID": "numeric(38,0)", "Plain": "timestamp", "Zoned": "timestamptz"}
    emulator.fill(scratch, create(scratch, "moments", kinds, content))

    assert rows(connection, 'SELECT * FROM MOMENTS ORDER BY "ID"') == content
    assert arrow_rows(connection, 'SELECT * FROM MOMENTS ORDER BY "ID"') == content
    [[latest, none]] = rows(connection, 'SELECT MAX("Zoned"), MIN(IFF("ID" < 0, "Plain", NULL)) FROM MOMENTS')
    assert (latest, none) == (LAST.replace(tzinfo=UTC), None)


def test_a_large_result_comes_in_chunks(
    scratch: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    numbered(scratch, emulator, 60_000)

    found = list(batches(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"'))

    assert [batch.num_rows for batch in found] == [1_000, 50_000, 9_000]
    assert [number for batch in found for number in batch["ID"].to_pylist()] == list(range(1, 60_001))
    assert found[-1]["At"][-1].as_py() == datetime.fromtimestamp(60_000, UTC)


@pytest.mark.parametrize("count", [1, 100, 101, 1_100, 1_101, 1_102])
def test_no_row_is_lost_where_chunks_end(
    scratch: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
) -> None:
    small_chunks(emulator, monkeypatch)
    numbered(scratch, emulator, count)
    wanted = list(range(1, count + 1))

    assert [number for number, _ in rows(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"')] == wanted
    assert [number for number, _ in arrow_rows(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"')] == wanted


def small_chunks(emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks small, and forget the results of other tests."""
    emulator.server.results.clear()
    monkeypatch.setattr(emulator_patches, "INLINE_ROWS", 100)
    monkeypatch.setattr(emulator_server, "CHUNK_ROWS", 1_000)


def test_a_client_need_not_hold_a_large_result(
    scratch: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(emulator, monkeypatch)
    numbered(scratch, emulator, 20_000)
    found = batches(connection, "SELECT * FROM NUMBERED")

    assert next(found).num_rows == 100
    assert next(found).num_rows == 1_000
    time.sleep(0.5)
    [result] = emulator.server.results.values()

    # The connector prefetches four chunks.
    assert 10 <= len(result.unread) < 20
    assert sum(batch.num_rows for batch in found) == 20_000 - 1_100
    assert not result.unread


def test_the_server_forgets_results(
    scratch: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(emulator, monkeypatch)
    monkeypatch.setattr(emulator_server, "MAX_RESULTS", 3)
    numbered(scratch, emulator, 2_000)

    for _ in range(3):
        assert len(arrow_rows(connection, "SELECT * FROM NUMBERED")) == 2_000
        assert len(emulator.server.results) == 1
    for _ in range(10):  # without reading any row
        connection.cursor().execute("SELECT * FROM NUMBERED")
    assert len(emulator.server.results) == 3


def test_a_broken_download_can_be_repeated(
    scratch: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(emulator, monkeypatch)
    numbered(scratch, emulator, 1_100)
    with closing(connection.cursor()) as cursor:
        cursor.execute("SELECT * FROM NUMBERED")
        found = cursor.get_result_batches()
    assert found is not None

    assert [len(list(found[1])) for _ in range(3)] == [1_000] * 3


def test_numbers_come_as_small_integers(connection: SnowflakeConnection) -> None:
    rows(connection, "CREATE TABLE N (whole NUMBER(38,0), rate NUMBER(12,8))")
    rows(connection, "INSERT INTO N VALUES (1, 1.5), (2, NULL), (70000, -1234.12345678)")

    def types(statement: str, connection: SnowflakeConnection = connection) -> list[str]:
        [batch] = batches(connection, statement)
        return [str(field.type) for field in batch.schema]

    assert types("SELECT * FROM N WHERE whole = 1") == ["int8", "decimal128(38, 8)"]
    assert types("SELECT * FROM N") == ["int32", "decimal128(38, 8)"]
    assert types("SELECT SUM(whole * 10000000000000000) FROM N") == ["decimal128(38, 0)"]
    assert rows(connection, "SELECT SUM(whole), SUM(rate) FROM N") == [(70003, Decimal("-1232.62345678"))]


def test_without_arrow_number_to_decimal_fractions_are_floats(
    emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    with closing(connect(emulator, arrow_number_to_decimal=False)) as careless:
        [batch] = batches(careless, "SELECT 1.25::NUMBER(12,8) AS RATE")
    assert str(batch.schema.field("RATE").type) == "double"


def test_an_unsupported_statement_fails_at_once(connection: SnowflakeConnection) -> None:
    started = time.monotonic()
    with pytest.raises(ProgrammingError, match=r"^000002 \(0A000\).*Overflow in multiplication"):
        rows(connection, "SELECT 9223372036854775807::INT * 10")
    assert time.monotonic() - started < 5


def test_one_connection_serves_several_threads(connection: SnowflakeConnection) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: rows(connection, f"SELECT {number}"), range(40)))
    assert found == [[(number,)] for number in range(40)]


def test_context_functions_name_account_user_and_place(connection: SnowflakeConnection) -> None:
    functions = ("ACCOUNT", "USER", "ROLE", "WAREHOUSE", "DATABASE", "SCHEMA", "VERSION")
    statement = f"SELECT {', '.join(f'CURRENT_{name}()' for name in functions)}"
    [found] = rows(connection, statement)
    assert found[:6] == ("EMULATOR", "EMULATOR", "EMULATOR", "EMULATOR", "ANALYTICS", "BI")
    assert found[6][0].isdigit()


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


LOWER = datetime(2024, 1, 1, 10, 0, 0, 123_456, UTC)


@pytest.fixture(scope="module")
def visits(emulator: SnowflakeEmulator) -> None:
    emulator.execute(
        "ANALYTICS",
        "BI",
        'CREATE TABLE V ("ID" NUMBER(38,0), "Name" VARCHAR(50), "Rate" NUMBER(12,8), "Plain" TIMESTAMP_NTZ,'
        ' "At" TIMESTAMP_TZ, "Date" DATE)',
    )
    emulator.execute(
        "ANALYTICS",
        "BI",
        "INSERT INTO V VALUES (1, 'a', 1.25, '1969-12-31 23:59:59.999999',"
        " '2024-01-01 10:00:00.123456+00:00'::TIMESTAMP_TZ, '2024-01-01'),"
        " (2, 'b', NULL, NULL, NULL, '2024-02-01'), (20000, 'c', NULL, NULL, NULL, '2023-12-31'),"
        f" ({10**38 - 1}, NULL, NULL, NULL, NULL, NULL)",
    )


@pytest.mark.parametrize(
    ("statement", "values", "answer"),
    [
        ('SELECT MAX("At"), COUNT(*) FROM V', None, [(LOWER, 4)]),
        ('SELECT MAX("At"), COUNT(*) FROM V WHERE 1 = 0', None, [(None, 0)]),
        ('SELECT "ID" FROM V WHERE "At" >= %(lower)s::TIMESTAMP_TZ', {"lower": LOWER}, [(1,)]),
        ('SELECT "ID" FROM V WHERE "At" > %(lower)s::TIMESTAMP_TZ', {"lower": LOWER}, []),
        ('SELECT "ID" FROM V WHERE "At" >= %s::TIMESTAMP_TZ', ["2024-01-01 05:00:00.123456 -0500"], [(1,)]),
        ("SELECT CURRENT_TIMESTAMP()::TIMESTAMP_TZ > %(at)s::TIMESTAMP_TZ", {"at": LOWER}, [(True,)]),
        (
            """SELECT FLOOR("ID" / 10000), LISTAGG(MD5("Name"), '') WITHIN GROUP (ORDER BY "ID" DESC)
            FROM V WHERE "Name" IS NOT NULL GROUP BY FLOOR("ID" / 10000) ORDER BY 1""",
            None,
            [(0, md5("b") + md5("a")), (2, md5("c"))],
        ),
        (
            'SELECT DATE_PART(EPOCH_MICROSECOND, "At"), DATE_PART(EPOCH_MICROSECOND, "Plain") FROM V LIMIT 1',
            None,
            [(1704103200123456, -1)],
        ),
        (
            'SELECT "Rate"::VARCHAR, CAST("Rate" AS NUMBER(38,5))::VARCHAR, "ID"::VARCHAR FROM V LIMIT 1',
            None,
            [("1.25000000", "1.25000", "1")],
        ),
        (
            'SELECT "ID" FROM V WHERE "Date" >= \'2024-01-01\' AND "Date" < \'2024-02-01\' OR "Date" IS NULL',
            None,
            [(1,), (10**38 - 1,)],
        ),
        ('SELECT COUNT(*) FROM V WHERE "ID" IN (%s)', [[1, 2, 10**38 - 1]], [(3,)]),
        (
            """SELECT "ID" FROM V WHERE NOT EXISTS
            (SELECT 1 FROM V D WHERE D."ID" = V."ID" AND D."Date" IS NULL) ORDER BY 1""",
            None,
            [(1,), (2,), (20000,)],
        ),
    ],
)
def test_statements_of_loads_and_parity(
    visits: None, connection: SnowflakeConnection, statement: str, values: Any, answer: list[Any]
) -> None:
    assert rows(connection, statement, values) == answer
