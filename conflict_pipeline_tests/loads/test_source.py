"""SourceTable: names match in any case, and each query reads exactly the rows that it promises."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.source import SourceTable
from conflict_pipeline.postgres import tables
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.rows import DAY

ONE_DAY = timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)
JUST_BEFORE = NOON - timedelta(microseconds=1)
EXACT = '"Visit Id" VARCHAR, "Visit Date" DATE, "Updated Datatimestamp" TIMESTAMP_TZ'


def wanted(name: str = "visits", *columns: str) -> tables.Table:
    """Return a table of Postgres, whose key is "Visit Id"."""
    names = columns or ("Visit Id", "Visit Date", "Updated Datatimestamp")
    return tables.Table(
        "analytics",
        name,
        tuple(
            tables.Column(column, "text", column != "Visit Id", column == "Visit Id", "") for column in names
        ),
    )


@pytest.fixture
def source(emulator: SnowflakeEmulator) -> Iterator[SnowflakeSession]:
    emulator.execute("ANALYTICS", "BI", "SELECT 1")
    with open_snowflake().session("test") as session:
        yield session


def create(emulator: SnowflakeEmulator, name: str = "VISITS", columns: str = EXACT) -> None:
    emulator.execute("ANALYTICS", "BI", f'CREATE OR REPLACE TABLE "{name}" ({columns})')


def put(emulator: SnowflakeEmulator, *rows: tuple[Any, ...], name: str = "VISITS") -> None:
    literals = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    emulator.execute("ANALYTICS", "BI", f'INSERT INTO "{name}" VALUES {literals}')


def literal(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'"


def read(tables: Iterable[pa.Table]) -> list[dict[str, Any]]:
    return [row for table in tables for row in table.to_pylist()]


def ids(tables: Iterable[pa.Table]) -> list[str]:
    return sorted(row["Visit Id"] for row in read(tables))


@pytest.mark.parametrize("name", ["VISITS", "visits", "Visits"])
def test_a_table_is_found_in_any_case(
    emulator: SnowflakeEmulator, source: SnowflakeSession, name: str
) -> None:
    create(emulator, name)
    put(emulator, ("v1", DAY, NOON), name=name)

    found = read(SourceTable(source, wanted()).rows())

    assert found == [{"Visit Id": "v1", "Visit Date": DAY, "Updated Datatimestamp": NOON}]


@pytest.mark.parametrize(
    "columns",
    [
        '"VISIT ID" VARCHAR, "VISIT DATE" DATE, "UPDATED DATATIMESTAMP" TIMESTAMP_TZ',
        '"VISIT Id" VARCHAR, "visit DATE" DATE, "Updated datatimestamp" TIMESTAMP_TZ',
    ],
)
def test_columns_are_found_in_any_case_by_every_query(
    emulator: SnowflakeEmulator, source: SnowflakeSession, columns: str
) -> None:
    create(emulator, "VISITS", columns)
    create(emulator, "DELETED", EXACT)
    put(emulator, ("v1", DAY, NOON))
    put(emulator, ("v2", DAY, NOON), name="DELETED")
    visits, deleted = SourceTable(source, wanted()), SourceTable(source, wanted("deleted"))

    (part,) = visits.slices(10)

    row = {"Visit Id": "v1", "Visit Date": DAY, "Updated Datatimestamp": NOON}
    assert read(visits.rows()) == [row]
    assert read(visits.changed_rows(NOON)) == [row]
    assert read(visits.rows_in(part)) == [row]
    assert read(visits.moved_keys(NOON, deleted)) == [{"Visit Id": "v2"}]
    assert read(deleted.moved_keys(NOON, visits)) == [{"Visit Id": "v1"}]


@pytest.mark.parametrize("columns", list(permutations(["VISIT ID", "Visit Id", "visit id"])))
def test_an_exact_column_name_takes_precedence(
    source: SnowflakeSession, monkeypatch: pytest.MonkeyPatch, columns: tuple[str, ...]
) -> None:
    # Snowflake can hold such tables; the emulator cannot.
    rows = [{"table_name": "VISITS", "column_name": column} for column in columns]
    monkeypatch.setattr(source, "rows", lambda *_: rows)

    assert SourceTable(source, wanted("visits", "Visit Id"))._columns == {"Visit Id": "Visit Id"}


def test_of_two_tables_that_differ_in_case_only_the_first_is_used(
    source: SnowflakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = [("VISITS", "VISIT ID"), ("Visits", "Visit Id"), ("Visits", "b")]
    rows = [{"table_name": table, "column_name": column} for table, column in stored]
    monkeypatch.setattr(source, "rows", lambda *_: rows)

    found = SourceTable(source, wanted("visits", "Visit Id"))
    with pytest.raises(PipelineError, match='lacks "b"'):
        SourceTable(source, wanted("visits", "Visit Id", "b"))

    assert (found._name, found._columns) == ("VISITS", {"Visit Id": "VISIT ID"})


def test_columns_of_a_view_come_in_our_order_and_others_are_not_read(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    create(emulator, "BASE", '"First" BINARY, "B" VARCHAR, "Visit Id" VARCHAR, "Last" VARIANT')
    emulator.execute("ANALYTICS", "BI", """INSERT INTO BASE ("Visit Id", B) VALUES ('100% ''é''', '')""")
    emulator.execute("ANALYTICS", "BI", "CREATE VIEW VISITS AS SELECT * FROM BASE")

    (table,) = SourceTable(source, wanted("visits", "Visit Id", "b")).rows()

    assert table.column_names == ["Visit Id", "b"]
    assert table.to_pylist() == [{"Visit Id": "100% 'é'", "b": ""}]


@pytest.mark.parametrize("name", ["visits", "visits_", "visit%", "", "'; DROP TABLE VISITS_OLD --"])
def test_a_missing_table_is_named(emulator: SnowflakeEmulator, source: SnowflakeSession, name: str) -> None:
    create(emulator, "VISITS_OLD")
    for place in (("ANALYTICS", "OTHER"), ("OTHER", "BI")):
        emulator.execute(*place, f"CREATE TABLE VISITS ({EXACT})")

    with pytest.raises(PipelineError) as error:
        SourceTable(source, wanted(name))

    assert str(error.value) == (
        f"Snowflake has no table {name} in ANALYTICS.BI, or the role may not read it. Check "
        "SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
    )


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ('"Visit Date" DATE, "Updated Datatimestamp" DATE', '"Visit Id"'),
        (
            '"Visit_Id" VARCHAR, "Visit  Date" DATE, "Updated" DATE',
            '"Visit Id", "Visit Date", "Updated Datatimestamp"',
        ),
    ],
)
def test_all_missing_columns_are_named(
    emulator: SnowflakeEmulator, source: SnowflakeSession, columns: str, missing: str
) -> None:
    create(emulator, "VISITS", columns)

    with pytest.raises(PipelineError) as error:
        SourceTable(source, wanted())

    assert str(error.value) == (
        f"Snowflake's table visits lacks {missing}. Nothing was changed. Add the missing columns in "
        "Snowflake, to the table or to its view."
    )


def test_values_arrive_unchanged(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    create(
        emulator,
        "VISITS",
        '"Visit Id" VARCHAR, n NUMBER(38, 0), d NUMBER(12, 8), t TIMESTAMP_NTZ, z TIMESTAMP_TZ, b BOOLEAN',
    )
    first = datetime(1, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
    rows = [
        ("first", -(10**38) + 1, Decimal("-9999.99999999"), first, f"{first}+00:00", True),
        ("last", 10**38 - 1, Decimal("0.00000001"), last, f"{last}+00:00", False),
        ("none", None, None, None, None, None),
    ]
    put(emulator, *rows)

    found = read(SourceTable(source, wanted("visits", "Visit Id", "n", "d", "t", "z", "b")).rows())

    assert [tuple(row.values()) for row in found] == [
        (*row[:4], row[3] and row[3].replace(tzinfo=UTC), row[5]) for row in rows
    ]


def test_an_empty_table_has_no_rows(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    create(emulator)
    visits = SourceTable(source, wanted())

    assert ids(visits.rows()) == []
    assert ids(visits.changed_rows(NOON)) == []
    assert visits.slices(1) == []


def test_each_row_arrives_once_in_several_batches(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    create(emulator, "VISITS", '"Visit Id" NUMBER')
    emulator.execute(
        "ANALYTICS", "BI", "INSERT INTO VISITS SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 60000))"
    )

    tables = list(SourceTable(source, wanted("visits", "Visit Id")).rows())

    assert len(tables) > 1
    assert [row["Visit Id"] for row in read(tables)] == list(range(60_000))


@pytest.mark.parametrize("report_zone", ["UTC", "America/New_York"])
def test_changed_rows_are_those_from_the_moment_on_and_those_without_a_time(
    emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch, report_zone: str
) -> None:
    monkeypatch.setenv("REPORT_TIMEZONE", report_zone)
    create(emulator)
    moments = {
        "just before": "2026-03-02 12:00:00.000004+00:00",
        "at": "2026-03-02 12:00:00.000005+00:00",
        "at, in India": "2026-03-02 17:30:00.000005+05:30",
        "before, with a later clock": "2026-03-02 13:59:59+02:00",
        "after, with an earlier clock": "2026-03-02 07:00:01-05:00",
        "first": "0001-01-01 00:00:00+00:00",
        "last": "9999-12-31 23:59:59.999999+00:00",
        "unknown": None,
    }
    put(emulator, *((name, None, moment) for name, moment in moments.items()))
    expected = ["after, with an earlier clock", "at", "at, in India", "last", "unknown"]

    with open_snowflake().session("test") as source:
        visits = SourceTable(source, wanted())
        for lower in (NOON, NOON.astimezone(timezone(timedelta(hours=5.5)))):
            assert ids(visits.changed_rows(lower)) == expected
        assert ids(visits.changed_rows(datetime.min.replace(tzinfo=UTC))) == sorted(moments)
        assert ids(visits.changed_rows(datetime.max.replace(tzinfo=UTC))) == ["last", "unknown"]


def test_moved_keys_are_those_that_only_the_other_table_has(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    for name in ("VISITS", "DELETED"):
        create(emulator, name)
    # A row without a key must not hide the others.
    put(emulator, ("only here", DAY, NOON), ("both", DAY, None), (None, DAY, JUST_BEFORE))
    put(
        emulator,
        ("both", DAY, NOON),
        ("gone", None, NOON),
        ("unknown", DAY, None),
        ("long gone", DAY, JUST_BEFORE),
        name="DELETED",
    )
    visits, deleted = SourceTable(source, wanted()), SourceTable(source, wanted("deleted"))

    for lower in (NOON, NOON.astimezone(timezone(timedelta(hours=-5)))):
        assert ids(visits.moved_keys(lower, deleted)) == ["gone", "unknown"]
        assert ids(deleted.moved_keys(lower, visits)) == ["only here"]

    create(emulator, "DELETED")
    assert ids(visits.moved_keys(NOON, SourceTable(source, wanted("deleted")))) == []


def test_now_is_snowflakes_clock_in_utc(source: SnowflakeSession, emulator: SnowflakeEmulator) -> None:
    create(emulator)
    visits = SourceTable(source, wanted())

    # The emulator's clock is this machine's.
    before = datetime.now(UTC)
    first, second = visits.now(), visits.now()

    assert before <= first < second <= datetime.now(UTC)
    assert first.utcoffset() == timedelta(0)


@pytest.mark.parametrize("max_rows", [1, 3, 100])
def test_slices_together_hold_every_row_once_even_rows_that_are_added_later(
    emulator: SnowflakeEmulator, source: SnowflakeSession, max_rows: int
) -> None:
    create(emulator)
    days = [None, None, date.min, date(1969, 12, 31), DAY, DAY, DAY, DAY + 9 * ONE_DAY, date.max]
    names = [f"v{number}" for number in range(len(days))]
    put(emulator, *((name, day, None) for name, day in zip(names, days, strict=True)))
    visits = SourceTable(source, wanted())

    slices = visits.slices(max_rows)
    before = [ids(visits.rows_in(part)) for part in slices]
    put(emulator, ("added", DAY + 5 * ONE_DAY, None), ("undated", None, None))
    after = [ids(visits.rows_in(part)) for part in slices]

    assert [len(arrived) for arrived in before] == [part.rows for part in slices]
    assert sorted(name for arrived in before for name in arrived) == names
    assert sorted(name for arrived in after for name in arrived) == ["added", "undated", *names]
