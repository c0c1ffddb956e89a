"""Reading a table of Snowflake: found whatever its case, cut into dates, and every row once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, pairwise, permutations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.source import Slice, SourceTable
from conflict_pipeline.postgres import tables
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.rows import DAY

ONE_DAY = timedelta(days=1)
LAST_DAY = date.max
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EXACT = '"Visit Id" VARCHAR, "Visit Date" DATE, "Updated Datatimestamp" TIMESTAMP_TZ'


def wanted(name: str = "visits", *columns: str) -> tables.Table:
    """A table for Postgres, whose key is "Visit Id"."""
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
    if rows:
        literals = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        emulator.execute("ANALYTICS", "BI", f'INSERT INTO "{name}" VALUES {literals}')


def literal(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'"


def read(tables: Iterable[pa.Table]) -> list[dict[str, Any]]:
    return [row for table in tables for row in table.to_pylist()]


def ids(tables: Iterable[pa.Table]) -> list[str]:
    return sorted(row["Visit Id"] for row in read(tables))


@pytest.mark.parametrize("name", ["VISITS", "visits", "Visits"])
def test_a_table_is_found_whatever_the_case_of_its_name(
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
        '"visit id" VARCHAR, "visit date" DATE, "updated datatimestamp" TIMESTAMP_TZ',
        '"VISIT Id" VARCHAR, "visit DATE" DATE, "Updated datatimestamp" TIMESTAMP_TZ',
    ],
)
def test_columns_in_another_case_come_with_our_names_and_serve_every_query(
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
    assert read(visits.rows_of(part)) == [row]
    assert read(visits.moved_keys(NOON, deleted)) == [{"Visit Id": "v2"}]
    assert read(deleted.moved_keys(NOON, visits)) == [{"Visit Id": "v1"}]


@pytest.mark.parametrize("columns", list(permutations(["VISIT ID", "Visit Id", "visit id"])))
def test_the_column_of_that_very_name_comes_before_one_in_another_case(
    source: SnowflakeSession, monkeypatch: pytest.MonkeyPatch, columns: tuple[str, ...]
) -> None:
    # Snowflake can hold such tables; the emulator cannot.
    rows = [{"table_name": "VISITS", "column_name": column} for column in columns]
    monkeypatch.setattr(source, "rows", lambda *_: rows)

    assert SourceTable(source, wanted("visits", "Visit Id"))._columns == {"Visit Id": "Visit Id"}


def test_of_two_tables_that_differ_in_case_one_is_read_and_only_its_columns_count(
    source: SnowflakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = [("VISITS", "VISIT ID"), ("Visits", "Visit Id"), ("Visits", "b")]
    rows = [{"table_name": table, "column_name": column} for table, column in stored]
    monkeypatch.setattr(source, "rows", lambda *_: rows)

    found = SourceTable(source, wanted("visits", "Visit Id"))
    with pytest.raises(PipelineError, match='lacks "b"'):
        SourceTable(source, wanted("visits", "Visit Id", "b"))

    assert (found._name, found._columns) == ("VISITS", {"Visit Id": "VISIT ID"})


def test_columns_come_in_our_order_and_others_not_at_all(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    create(emulator, "VISITS", '"First" BINARY, "B" VARCHAR, "Visit Id" VARCHAR, "Last" VARIANT')
    emulator.execute("ANALYTICS", "BI", """INSERT INTO VISITS ("Visit Id", B) VALUES ('v1', '')""")

    (table,) = SourceTable(source, wanted("visits", "Visit Id", "b")).rows()

    assert table.column_names == ["Visit Id", "b"]
    assert table.to_pylist() == [{"Visit Id": "v1", "b": ""}]


def test_a_table_that_is_missing_is_named(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    create(emulator, "VISITS_OLD")

    with pytest.raises(PipelineError) as error:
        SourceTable(source, wanted())

    assert str(error.value) == (
        "Snowflake has no table visits in ANALYTICS.BI, or the role may not read it. Check "
        "SNOWFLAKE_DATABASE, SNOWFLAKE_SCHEMA and SNOWFLAKE_ROLE."
    )


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ('"Visit Date" DATE, "Updated Datatimestamp" DATE', '"Visit Id"'),
        ('"Visit Id" VARCHAR', '"Visit Date", "Updated Datatimestamp"'),
        (
            '"Visit_Id" VARCHAR, "Visit  Date" DATE, "Updated" DATE',
            '"Visit Id", "Visit Date", "Updated Datatimestamp"',
        ),
    ],
)
def test_columns_that_are_missing_are_all_named(
    emulator: SnowflakeEmulator, source: SnowflakeSession, columns: str, missing: str
) -> None:
    create(emulator, "VISITS", columns)

    with pytest.raises(PipelineError) as error:
        SourceTable(source, wanted())

    assert str(error.value) == (
        f"Snowflake's table visits lacks {missing}. Nothing was changed. Add what is missing there, or let "
        "its view give it."
    )


def test_values_come_as_they_are(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
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


def test_of_an_empty_table_there_is_nothing(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    create(emulator)
    visits = SourceTable(source, wanted())

    assert ids(visits.rows()) == []
    assert ids(visits.changed_rows(NOON)) == []
    assert visits.slices(1) == []


def test_more_rows_than_come_at_once_come_each_once(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    create(emulator, "VISITS", '"Visit Id" NUMBER')
    emulator.execute(
        "ANALYTICS", "BI", "INSERT INTO VISITS SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 60000))"
    )

    tables = list(SourceTable(source, wanted("visits", "Visit Id")).rows())

    assert len(tables) > 1
    assert [row["Visit Id"] for row in read(tables)] == list(range(60_000))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_changed_rows_are_those_from_the_moment_on_and_those_that_do_not_say(
    emulator: SnowflakeEmulator, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("REPORT_TIMEZONE", zone)
    create(emulator)
    before = NOON - timedelta(microseconds=1)
    put(emulator, ("before", DAY, before), ("at", DAY, NOON), ("unknown", None, None))

    with open_snowflake().session("test") as source:
        changed = SourceTable(source, wanted()).changed_rows(NOON)

        assert ids(changed) == ["at", "unknown"]


def test_moved_keys_are_those_that_only_the_other_table_has(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    for name in ("VISITS", "DELETED"):
        create(emulator, name)
    put(emulator, ("here", DAY, NOON), ("both", DAY, None))
    put(
        emulator,
        ("both", DAY, NOON),
        ("gone", None, NOON),
        ("unknown", DAY, None),
        ("long gone", DAY, NOON - timedelta(microseconds=1)),
        name="DELETED",
    )
    visits, deleted = SourceTable(source, wanted()), SourceTable(source, wanted("deleted"))

    assert ids(visits.moved_keys(NOON, deleted)) == ["gone", "unknown"]
    assert ids(deleted.moved_keys(NOON, visits)) == ["here"]


def test_the_clock_is_snowflakes_with_its_zone(source: SnowflakeSession, emulator: SnowflakeEmulator) -> None:
    create(emulator)
    visits = SourceTable(source, wanted())

    # The emulator's clock is this machine's.
    before = datetime.now(UTC)
    first, second = visits.now(), visits.now()

    assert before <= first < second <= datetime.now(UTC)
    assert first.utcoffset() == timedelta(0)


Days = dict[date | None, int]
dates = st.one_of(
    st.none(),
    st.integers(0, 8).map(lambda days: DAY + timedelta(days=days)),
    st.dates(max_value=LAST_DAY),
)


def fill(emulator: SnowflakeEmulator, days: Days) -> list[str]:
    """That many visits of each date; returns their ids in order."""
    create(emulator)
    rows = [(f"{day} {number}", day, None) for day, count in days.items() for number in range(count)]
    put(emulator, *rows)
    return sorted(row[0] for row in rows)


def assert_sound(visits: SourceTable, slices: list[Slice], days: Days, most_rows: int) -> None:
    """What must hold of slices, beside that they hold every row."""
    assert all(part.from_date <= part.to_date for part in slices)
    assert all(last.to_date + ONE_DAY == part.from_date for last, part in pairwise(slices))
    assert [part.undated for part in slices] == [index == 0 and None in days for index in range(len(slices))]
    for part in slices:
        within = [day for day in days if day and part.from_date <= day <= part.to_date]
        undated = days.get(None, 0) if part.undated else 0
        assert part.rows == sum(days[day] for day in within) + undated
        assert part.rows <= most_rows or len(within) <= 1


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(days=st.dictionaries(dates, st.integers(1, 4), max_size=6), most_rows=st.integers(1, 8))
def test_slices_hold_every_row_once(
    emulator: SnowflakeEmulator, source: SnowflakeSession, days: Days, most_rows: int
) -> None:
    expected = fill(emulator, days)
    visits = SourceTable(source, wanted())

    slices = visits.slices(most_rows)

    assert_sound(visits, slices, days, most_rows)
    arrived = [ids(visits.rows_of(part)) for part in slices]
    assert sorted(chain.from_iterable(arrived)) == expected
    assert [len(part) for part in arrived] == [part.rows for part in slices]


def test_slices_of_many_kinds(emulator: SnowflakeEmulator, source: SnowflakeSession) -> None:
    def slices(days: Days, most_rows: int) -> list[tuple[date, date, bool, int]]:
        fill(emulator, days)
        found = SourceTable(source, wanted()).slices(most_rows)
        return [(part.from_date, part.to_date, part.undated, part.rows) for part in found]

    second, much_later = DAY + ONE_DAY, DAY + 400 * ONE_DAY
    epoch = date(1970, 1, 1)

    assert slices({}, 5) == []
    assert slices({None: 3}, 1) == [(epoch, epoch, True, 3)]
    assert slices({DAY: 9}, 1) == [(DAY, DAY, False, 9)]
    assert slices({DAY: 2, second: 3}, 5) == [(DAY, second, False, 5)]
    assert slices({DAY: 2, second: 3}, 4) == [(DAY, DAY, False, 2), (second, second, False, 3)]
    assert slices({DAY: 1, much_later: 1}, 2) == [(DAY, much_later, False, 2)]
    # Nothing is left out between two: rows may come before they are read.
    assert slices({DAY: 1, much_later: 1}, 1) == [
        (DAY, DAY, False, 1),
        (second, much_later, False, 1),
    ]
    assert slices({None: 4, DAY: 1, second: 1}, 5) == [(DAY, DAY, True, 5), (second, second, False, 1)]
    assert slices({None: 1, date.min: 1, LAST_DAY: 1}, 9) == [(date.min, date.max, True, 3)]


def test_a_row_that_comes_between_two_slices_dates_is_read(
    emulator: SnowflakeEmulator, source: SnowflakeSession
) -> None:
    fill(emulator, {DAY: 1, DAY + 9 * ONE_DAY: 1})
    visits = SourceTable(source, wanted())
    slices = visits.slices(1)

    put(emulator, ("late", DAY + 5 * ONE_DAY, None))

    arrived = Counter(name for part in slices for name in ids(visits.rows_of(part)))
    assert (arrived["late"], max(arrived.values())) == (1, 1)
