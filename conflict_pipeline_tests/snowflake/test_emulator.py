"""The emulator through the real connector: what Snowflake shows, and fakesnow by itself would not.

What holds here holds for Snowflake too, except where a test says that it is of the emulator only.
"""

import hashlib
import logging
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from snowflake.connector import DatabaseError, ProgrammingError, SnowflakeConnection

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake import emulator as emulator_module
from conflict_pipeline.snowflake import emulator_patches
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

FIRST = datetime(1, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
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
    (8, "NULL", ",", None, None, datetime(1969, 12, 31, 23, 59, 59, 999_999), *[None] * 3),  # noqa: DTZ001
    (2**63, " blanks ", " ", *[None] * 6),
    (10**38 - 1, "most", None, *[None] * 6),
    (1 - 10**38, "least", None, *[None] * 6),
]


@pytest.fixture
def emulator() -> Iterator[SnowflakeEmulator]:
    with running() as emulator:
        yield emulator


@pytest.fixture
def connection(emulator: SnowflakeEmulator) -> Iterator[SnowflakeConnection]:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    with closing(connect(emulator)) as connection:
        yield connection


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
    """The table in Postgres, with these rows."""
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


def test_fill_brings_every_value_unchanged(
    session: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    table = create(session, "edges", KINDS, ROWS)

    assert emulator.fill(session, table) == len(ROWS)

    assert rows(connection, "SELECT * FROM EDGES") == ROWS
    assert arrow_rows(connection, "SELECT * FROM edges") == ROWS
    # Equal numbers may differ in scale.
    [hours] = rows(connection, 'SELECT "Hours" FROM EDGES WHERE "ID" = 6')[0]
    assert str(hours) == "1.10000"


def test_fill_replaces_and_leaves_no_file(
    session: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = create(session, "edges", KINDS, ROWS)
    emulator.fill(session, table)
    session.conn.execute(sql.SQL('DELETE FROM {}.edges WHERE "ID" <> 3').format(session.schemas["analytics"]))

    assert emulator.fill(session, table) == 1

    assert rows(connection, "SELECT * FROM EDGES") == [(3, *[None] * 8)]
    missing = tables.Table("analytics", "missing", table.columns)
    with pytest.raises(Exception, match="missing"):
        emulator.fill(session, missing)
    assert list(tmp_path.iterdir()) == []


def test_fill_takes_every_table_of_the_schema(
    session: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    for table in tables.all_tables():
        assert emulator.fill(session, table, "CONFLICTREPORT", "PUBLIC") == 0

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
    session: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    chance = random.Random(1)
    span = (LAST - FIRST) // timedelta(microseconds=1)
    moments = [FIRST, LAST, *(FIRST + timedelta(microseconds=chance.randint(0, span)) for _ in range(1_000))]
    content = [(number, at, at.replace(tzinfo=UTC)) for number, at in enumerate(moments)]
    content.append((len(content), None, None))  # type: ignore[arg-type]
    session.conn.execute("SET TimeZone = 'America/New_York'")
    kinds = {"ID": "numeric(38,0)", "Plain": "timestamp", "Zoned": "timestamptz"}
    emulator.fill(session, create(session, "moments", kinds, content))

    assert rows(connection, 'SELECT * FROM MOMENTS ORDER BY "ID"') == content
    assert arrow_rows(connection, 'SELECT * FROM MOMENTS ORDER BY "ID"') == content
    [[latest, none]] = rows(connection, 'SELECT MAX("Zoned"), MIN(IFF("ID" < 0, "Plain", NULL)) FROM MOMENTS')
    assert (latest, none) == (LAST.replace(tzinfo=UTC), None)


def test_a_large_result_comes_in_chunks(
    session: Session, emulator: SnowflakeEmulator, connection: SnowflakeConnection
) -> None:
    numbered(session, emulator, 120_000)

    found = list(batches(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"'))

    assert [batch.num_rows for batch in found] == [1_000, 50_000, 50_000, 19_000]
    assert [number for batch in found for number in batch["ID"].to_pylist()] == list(range(1, 120_001))
    assert found[-1]["At"][-1].as_py() == datetime.fromtimestamp(120_000, UTC)


@pytest.mark.parametrize("count", [1, 100, 101, 1_100, 1_101, 1_102])
def test_no_row_is_lost_where_chunks_end(
    session: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
) -> None:
    small_chunks(monkeypatch)
    numbered(session, emulator, count)
    wanted = list(range(1, count + 1))

    assert [number for number, _ in rows(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"')] == wanted
    assert [number for number, _ in arrow_rows(connection, 'SELECT * FROM NUMBERED ORDER BY "ID"')] == wanted


def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_patches, "INLINE_ROWS", 100)
    monkeypatch.setattr(emulator_module, "CHUNK_ROWS", 1_000)


def test_a_client_need_not_hold_a_large_result(
    session: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(monkeypatch)
    numbered(session, emulator, 40_000)
    found = batches(connection, "SELECT * FROM NUMBERED")

    assert next(found).num_rows == 100
    assert next(found).num_rows == 1_000
    time.sleep(0.5)
    [result] = emulator._results.values()

    # The connector prefetches a few chunks, four unless told otherwise.
    assert 30 <= len(result.unread) < 40
    assert sum(batch.num_rows for batch in found) == 40_000 - 1_100
    assert not result.unread


def test_the_server_forgets_results(
    session: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(monkeypatch)
    monkeypatch.setattr(emulator_module, "MAX_RESULTS", 3)
    numbered(session, emulator, 2_000)

    for _ in range(3):
        assert len(arrow_rows(connection, "SELECT * FROM NUMBERED")) == 2_000
        assert len(emulator._results) == 1
    for _ in range(10):  # and reads none of it
        connection.cursor().execute("SELECT * FROM NUMBERED")
    assert len(emulator._results) == 3


def test_a_broken_download_can_be_repeated(
    session: Session,
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_chunks(monkeypatch)
    numbered(session, emulator, 1_100)
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


@pytest.mark.parametrize("wrong", [{"user": "somebody"}, {"password": "wrong"}, {"password": ""}])
def test_a_wrong_password_is_refused(emulator: SnowflakeEmulator, wrong: dict[str, str]) -> None:
    with pytest.raises((DatabaseError, ProgrammingError)) as refused:
        connect(emulator, **wrong)
    if wrong != {"password": ""}:  # which the connector itself refuses
        assert "Incorrect username or password was specified." in str(refused.value)
    assert not emulator._sessions


def test_it_says_nothing(
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[logging.LogRecord] = []
    root = logging.Handler()
    monkeypatch.setattr(root, "emit", heard.append)
    monkeypatch.setattr(logging.root, "handlers", [root])
    monkeypatch.setattr(logging.root, "level", logging.INFO)

    rows(connection, "SELECT TO_CHAR(1.5, '9.9')")
    for wrong in ("SELECT * FROM MISSING", "SELEC 1", "SELECT 9223372036854775807::INT * 10"):
        with pytest.raises(ProgrammingError):
            rows(connection, wrong)
    with pytest.raises(DatabaseError):
        connect(emulator, password="wrong")
    emulator.stop()

    assert capfd.readouterr() == ("", "")
    assert {record.name.partition(".")[0] for record in heard} <= {"snowflake"}


def test_what_it_cannot_do_fails_at_once(connection: SnowflakeConnection) -> None:
    started = time.monotonic()
    with pytest.raises(ProgrammingError, match=r"^000002 \(0A000\).*Overflow in multiplication"):
        rows(connection, "SELECT 9223372036854775807::INT * 10")
    assert time.monotonic() - started < 5


def test_the_folder_keeps_the_data(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with running(folder) as emulator:
        emulator.fill(session, create(session, "edges", KINDS, ROWS))
        emulator.execute("OTHER", "PUBLIC", "CREATE TABLE T AS SELECT 1 AS A")
        emulator.stop()  # and once more at the end of the block

    with running(folder) as emulator, closing(connect(emulator)) as connection:
        assert rows(connection, "SELECT * FROM EDGES") == ROWS
        assert rows(connection, "SELECT * FROM OTHER.PUBLIC.T") == [(1,)]
        lengths = "SELECT SUM(character_maximum_length) FROM ANALYTICS.INFORMATION_SCHEMA.COLUMNS"
        assert rows(connection, lengths) == [(55,)]

    assert sorted(file.name for file in folder.iterdir()) == ["ANALYTICS.db", "OTHER.db", "_fs_global.duckdb"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("names", [("first", "second"), (None, None)], ids=["folders", "memory"])
def test_one_does_not_see_the_data_of_another(tmp_path: Path, names: tuple[str | None, ...]) -> None:
    first, second = (tmp_path / name if name else None for name in names)
    with running(first) as emulator:
        emulator.execute("ANALYTICS", "BI", "CREATE TABLE T AS SELECT 1 AS A")

    with running(second) as emulator, closing(connect(emulator)) as connection:
        # As in Snowflake, connecting has created no database.
        with pytest.raises(ProgrammingError, match="090105"):
            rows(connection, "SELECT * FROM T")
        with pytest.raises(ProgrammingError, match="002003"):
            rows(connection, "SELECT * FROM ANALYTICS.BI.T")


def test_there_is_one_at_a_time(emulator: SnowflakeEmulator, connection: SnowflakeConnection) -> None:
    with pytest.raises(RuntimeError, match="another Snowflake emulator"):
        SnowflakeEmulator().start()

    assert rows(connection, "SELECT 1") == [(1,)]


def test_a_folder_in_use_is_named(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from conflict_pipeline.snowflake.emulator import SnowflakeEmulator;"
        "emulator = SnowflakeEmulator(Path(sys.argv[1])); emulator.start();"
        "emulator.execute('ANALYTICS', 'BI', 'CREATE TABLE T AS SELECT 1 AS A');"
        "print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "ready\n"
            with pytest.raises(PipelineError, match=f"^Another process .* {tmp_path}: .*$") as error:
                SnowflakeEmulator(tmp_path).start()
            assert "\n" not in str(error.value)
        finally:
            other.kill()

    # Neither the failure nor the kill stands in the way, and what was written is there.
    with running(tmp_path) as emulator:
        assert emulator.execute("ANALYTICS", "BI", "SELECT A FROM T") == [(1,)]


def test_sessions_do_not_pile_up(
    emulator: SnowflakeEmulator, connection: SnowflakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(emulator).close()
    assert len(emulator._sessions) == 1

    monkeypatch.setattr(emulator_module, "MAX_SESSIONS", 3)
    dropped = []
    for _ in range(5):
        rows(connection, "SELECT 1")
        dropped.append(connect(emulator))
    assert len(emulator._sessions) == 3
    assert rows(connection, "SELECT 1") == [(1,)]
    for one in dropped:
        one.close()


def test_one_connection_serves_several_threads(connection: SnowflakeConnection) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: rows(connection, f"SELECT {number}"), range(100)))
    assert found == [[(number,)] for number in range(100)]


def test_nothing_leaves_loopback(emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[object] = set()
    resolve = socket.getaddrinfo

    def spy(host: Any, *arguments: Any, **options: Any) -> Any:
        asked.add(host)
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    with closing(connect(emulator)) as connection:
        rows(connection, "SELECT 1")
        with pytest.raises(ProgrammingError):
            rows(connection, "SELECT * FROM MISSING.MISSING.MISSING")
    assert asked == {"127.0.0.1"}


def test_it_knows_who_and_where_it_is(connection: SnowflakeConnection) -> None:
    functions = ("ACCOUNT", "USER", "ROLE", "WAREHOUSE", "DATABASE", "SCHEMA", "VERSION")
    statement = f"SELECT {', '.join(f'CURRENT_{name}()' for name in functions)}"
    [found] = rows(connection, statement)
    assert found[:6] == ("EMULATOR", "EMULATOR", "EMULATOR", "EMULATOR", "ANALYTICS", "BI")
    assert found[6][0].isdigit()


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


LOWER = datetime(2024, 1, 1, 10, 0, 0, 123_456, UTC)


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
def test_statements_of_the_loader(
    emulator: SnowflakeEmulator,
    connection: SnowflakeConnection,
    statement: str,
    values: Any,
    answer: list[Any],
) -> None:
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
    assert rows(connection, statement, values) == answer
