"""Every value arrives as it was, or the load is refused and nothing has arrived."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy, CopyResult, Target
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.server import Conninfo

INTO = sql.Identifier("pg_temp", "arriving")
FIRST = datetime(1, 1, 1, 0, 0, 0, 1)  # noqa: DTZ001
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
BEFORE_1970 = datetime(1969, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
OF_TABLES = sorted({column.type_name for table in tables.all_tables() for column in table.columns})
OTHERS = ["smallint", "integer", "bigint", "real", "double precision", "text", "varchar", "numeric(38,38)"]
# What lies between is the same but for the length.
LONGEST = [name for name in OF_TABLES if not name.startswith("varchar")] + ["varchar(3)", "varchar(511)"]
ARROW = {
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
}
TEXTS = [
    "",
    " ",
    "  two blanks  ",
    "NULL",
    "\\N",
    "\\.",
    "back\\slash \\\\ \\t",
    "tab\tnew\nline\r\nreturn\r",
    "'single' \"double\" `back` $$",
    "a,b;c|d",
    "\x01\x1f\x7f\x80",
    "é e\u0301 ß ñ",
    "👩\u200d👩\u200d👧 🏳️\u200d🌈 🙂",
    "שלום مرحبا \u202eabc\u202c",
    "漢字 \ufeff\u2028\u2029 \U0010ffff",
]
ZONES = [
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Europe/Dublin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]


@pytest.fixture(scope="module")
def server_session(server: Conninfo) -> Iterator[Session]:
    """For all tests of this module: each makes its own temporary table."""
    with psycopg.connect(**server, dbname="postgres", autocommit=True, row_factory=dict_row) as conn:
        # A statement that is prepared would not survive that the column's type changes.
        conn.prepare_threshold = None
        conn.execute("SET TimeZone = 'UTC'")
        yield Session(conn, {})


@pytest.fixture
def in_zone(server_session: Session) -> Iterator[Callable[[str], None]]:
    yield lambda zone: set_zone(server_session, zone)
    set_zone(server_session, "UTC")


def set_zone(session: Session, zone: str) -> None:
    session.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])


def create(session: Session, value_type: str, key_type: str = "text") -> list[Target]:
    """A temporary table with "Key" and "Value", and these as targets."""
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
    return [Target(row["attname"], row["type_name"], in_key=row["attname"] == "Key") for row in rows]


def key(number: int) -> str:
    return f"k{number:06}"


def keyed(values: pa.Array, first: int = 0) -> pa.Table:
    """A table with these values, in the order of their keys; its columns are not in the targets' order."""
    return pa.table({"Value": values, "Key": [key(first + index) for index in range(len(values))]})


def copy(
    session: Session, targets: list[Target], tables: Iterable[pa.Table], zone: str = "UTC"
) -> CopyResult:
    return ArrowCopy("visits", targets, zone).copy(session, INTO, tables, lambda *_: None)


def values(session: Session) -> list[Any]:
    # As text, a float4 would not come back as it is.
    with session.conn.cursor(binary=True) as cursor:
        return [row["Value"] for row in cursor.execute('SELECT "Value" FROM arriving ORDER BY "Key"')]


def copied(session: Session, type_name: str, array: pa.Array, zone: str = "UTC") -> list[Any]:
    """What a column of that type holds after these values were copied into it."""
    copy(session, create(session, type_name), [keyed(array)], zone)
    return values(session)


def refusal(session: Session, type_name: str, array: pa.Array, zone: str = "UTC") -> str:
    """The one line with which these values are refused, none of which it holds; nothing was written."""
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
        f"visits: the value of column Value, of the row with Key {key(number)}, does not fit into "
        f"{type_name}. Nothing was changed. Correct it in Snowflake, and load again."
    )


def sized(type_name: str) -> tuple[str, list[int]]:
    name, _, size = type_name.rstrip(")").partition("(")
    return name, [int(number) for number in size.split(",") if number]


def arrow_type(type_name: str) -> pa.DataType:
    name, size = sized(type_name)
    return pa.decimal128(*size) if name == "numeric" else ARROW[name]


def number(unscaled: int, scale: int) -> Decimal:
    # Exact, where arithmetic would round to 28 digits.
    return Decimal(f"{unscaled}E-{scale}")


def extremes(type_name: str) -> list[Any]:
    name, size = sized(type_name)
    if name == "numeric":
        most = 10 ** size[0] - 1
        return [number(unscaled, size[1]) for unscaled in (0, 1, -1, most, -most, most // 9, most - 8)]
    if name == "varchar" and size:
        return ["", "x" * size[0], "🙂" * size[0], "\u0301" * size[0], "\n" * size[0]]
    found: dict[str, list[Any]] = {
        "boolean": [True, False],
        "date": [date.min, date.max, date(1969, 12, 31), date(2000, 1, 1), date(2024, 2, 29)],
        "timestamp": [FIRST, LAST, BEFORE_1970, datetime(2000, 1, 1)],  # noqa: DTZ001
        "timestamptz": [moment.replace(tzinfo=UTC) for moment in (FIRST, LAST, BEFORE_1970)],
        "smallint": [0, -(2**15), 2**15 - 1],
        "integer": [0, -(2**31), 2**31 - 1],
        "bigint": [0, -(2**63), 2**63 - 1],
        "real": [0.0, 0.5, -(2.0**-149), 2.0**127, float("inf")],
        "double precision": [0.0, 0.1, 5e-324, -1.7976931348623157e308, float("-inf")],
        "text": TEXTS,
        "varchar": TEXTS,
    }
    return found[name]


def any_of(type_name: str) -> st.SearchStrategy[Any]:
    name, size = sized(type_name)
    if name == "numeric":
        most = 10 ** size[0] - 1
        return st.integers(-most, most).map(lambda unscaled: number(unscaled, size[1]))
    if name in ("text", "varchar"):
        characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
        return st.text(characters, max_size=min([20, *size]))
    if name in ("smallint", "integer", "bigint"):
        bits = ARROW[name].bit_width - 1
        return st.integers(-(2**bits), 2**bits - 1)
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "date": st.dates(),
        "timestamp": st.datetimes(),
        "timestamptz": st.datetimes(timezones=st.just(UTC)),
        "real": st.floats(width=32, allow_nan=False),
        "double precision": st.floats(allow_nan=False),
    }
    return strategies[name]


@pytest.mark.parametrize("type_name", [*OF_TABLES, *OTHERS])
def test_a_column_of_every_type_takes_its_extremes_and_null(server_session: Session, type_name: str) -> None:
    expected = [None, *extremes(type_name), None]

    assert copied(server_session, type_name, pa.array(expected, arrow_type(type_name))) == expected


@pytest.mark.parametrize("type_name", [*LONGEST, *OTHERS])
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_values_come_out_as_they_went_in(
    server_session: Session, type_name: str, data: st.DataObject
) -> None:
    expected = data.draw(st.lists(st.none() | any_of(type_name), max_size=12))

    assert copied(server_session, type_name, pa.array(expected, arrow_type(type_name))) == expected


@pytest.mark.parametrize("type_name", [*OF_TABLES, *OTHERS])
def test_a_column_without_a_type_is_null(server_session: Session, type_name: str) -> None:
    assert copied(server_session, type_name, pa.nulls(3)) == [None] * 3


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_as_it_is(server_session: Session, text: str) -> None:
    assert copied(server_session, "varchar(50)", pa.array([text, None])) == [text, None]


def test_a_large_string_is_a_text(server_session: Session) -> None:
    assert copied(server_session, "varchar(50)", pa.array(["a", None], pa.large_string())) == ["a", None]


@pytest.mark.parametrize(
    "found", [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()], ids=str
)
@pytest.mark.parametrize("wanted", ["numeric(38,0)", "numeric(38,5)", "numeric(38,15)", "bigint"])
def test_integers_of_every_width_become_numbers(
    server_session: Session, found: pa.DataType, wanted: str
) -> None:
    signed = str(found).startswith("int")
    most = 2 ** (found.bit_width - signed) - 1
    expected = [most, -most - 1 if signed else 0, None, 1]

    assert copied(server_session, wanted, pa.array(expected, found)) == expected


@pytest.mark.parametrize(
    ("type_name", "most"),
    [
        ("numeric(3,0)", 999),
        ("numeric(8,2)", 999_999),
        ("numeric(12,8)", 9_999),
        ("numeric(19,3)", 10**16 - 1),
        ("smallint", 2**15 - 1),
        ("integer", 2**31 - 1),
    ],
)
def test_an_integer_with_a_digit_too_many_is_refused(
    server_session: Session, type_name: str, most: int
) -> None:
    fitting = [0, most, -most]

    assert copied(server_session, type_name, pa.array(fitting)) == fitting
    message = refusal(server_session, type_name, pa.array([*fitting, None, most + 1, 10**18]))
    assert message == unfit(type_name, 4)


@pytest.mark.parametrize("found", [pa.decimal128(38, 10), pa.decimal256(76, 20)], ids=str)
def test_digits_that_a_column_lacks_must_be_zero(server_session: Session, found: pa.DataType) -> None:
    fitting = [Decimal("1.1"), Decimal("-999999.99"), None, Decimal(0)]
    changed = [*fitting, Decimal("12345.6700000001")]

    assert copied(server_session, "numeric(8,2)", pa.array(fitting, found)) == fitting
    assert refusal(server_session, "numeric(8,2)", pa.array(changed, found)) == unfit("numeric(8,2)", 4)


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("numeric(8,2)", "1000000.00"),
        ("numeric(38,5)", "-1000000000000000000000000000000000.00"),
        ("numeric(12,8)", "-10000.0"),
        ("numeric(38,15)", "99999999999999999999999999999999"),
        ("bigint", "9223372036854775808"),
        ("integer", "20000.5"),
    ],
)
def test_a_decimal_that_does_not_fit_is_refused(server_session: Session, type_name: str, value: str) -> None:
    array = pa.array([None, Decimal(1), Decimal(value)])

    assert refusal(server_session, type_name, array) == unfit(type_name, 2)


def test_a_float_becomes_the_decimal_that_it_stands_for(server_session: Session) -> None:
    array = pa.array([0.1, -0.25, None, 999_999.99, 0.0])
    expected = [Decimal("0.1"), Decimal("-0.25"), None, Decimal("999999.99"), Decimal(0)]

    assert copied(server_session, "numeric(8,2)", array) == expected


@pytest.mark.parametrize("value", [1_000_000.0, -1e30, float("nan"), float("inf"), float("-inf")])
def test_a_float_that_no_decimal_of_the_column_is_like_is_refused(
    server_session: Session, value: float
) -> None:
    assert refusal(server_session, "numeric(8,2)", pa.array([1.5, value])) == unfit("numeric(8,2)", 1)


def test_a_float_becomes_an_integer_only_if_it_is_whole(server_session: Session) -> None:
    assert copied(server_session, "integer", pa.array([2.0, -3.0, None])) == [2, -3, None]
    assert refusal(server_session, "integer", pa.array([2.0, 17.25])) == unfit("integer", 1)


def test_an_integer_that_a_float_cannot_hold_is_refused(server_session: Session) -> None:
    array = pa.array([2**53, 2**53 + 1])

    assert refusal(server_session, "double precision", array) == unfit("double precision", 1)


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_is_the_same_in_every_unit_and_zone(
    server_session: Session, unit: str, zone: str | None
) -> None:
    moments = [datetime(1969, 12, 31, 23, 59, 59), datetime(2026, 7, 1, 12)]  # noqa: DTZ001
    if zone:
        moments = [moment.replace(tzinfo=UTC) for moment in moments]
    array = pa.array([*moments, None], pa.timestamp(unit, tz=zone))

    assert copied(server_session, "timestamptz" if zone else "timestamp", array) == [*moments, None]


@pytest.mark.parametrize("type_name", ["timestamp", "timestamptz"])
def test_nanoseconds_below_a_microsecond_are_refused(server_session: Session, type_name: str) -> None:
    zone = "UTC" if type_name == "timestamptz" else None
    array = pa.array([1_000, 1_001], pa.int64()).cast(pa.timestamp("ns", tz=zone))

    assert "Key k000001, does not fit into timestamp" in refusal(server_session, type_name, array)


@pytest.mark.parametrize("zone", ZONES)
def test_without_a_zone_it_is_a_time_of_the_report_zone(
    server_session: Session, in_zone: Callable[[str], None], zone: str
) -> None:
    in_zone(zone)
    walls = pa.array(shown(server_session, wall_times()), pa.timestamp("us"))
    table = pa.table({"Key": walls, "Value": walls})

    copy(server_session, create(server_session, "timestamptz", "timestamp"), [table], zone)

    assert differing(server_session, '"Key"::timestamptz') == []


@pytest.mark.parametrize("zone", ZONES)
def test_in_a_column_without_a_zone_it_is_the_time_in_the_report_zone(
    server_session: Session, in_zone: Callable[[str], None], zone: str
) -> None:
    in_zone(zone)
    moments = pa.array(wall_times(), pa.timestamp("us", tz="UTC"))
    table = pa.table({"Key": moments, "Value": moments})

    copy(server_session, create(server_session, "timestamp", "timestamptz"), [table], zone)

    assert differing(server_session, '"Key"::timestamp') == []


def test_of_an_hour_that_comes_twice_it_is_the_second(server_session: Session) -> None:
    array = pa.array([datetime(2026, 11, 1, 1, 30)])  # noqa: DTZ001

    (moment,) = copied(server_session, "timestamptz", array, "America/New_York")

    assert moment == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def wall_times() -> list[datetime]:
    """Both ends of time, and every quarter of an hour about the changes of the clocks."""
    found = [
        FIRST,
        LAST,
        BEFORE_1970,
        datetime(1883, 11, 18, 12, 3, 58),  # noqa: DTZ001
        datetime(1916, 5, 1),  # noqa: DTZ001
        datetime(2011, 12, 29, 12),  # noqa: DTZ001
        datetime(2037, 7, 1),  # noqa: DTZ001
        datetime(2038, 1, 19, 3, 14, 8),  # noqa: DTZ001
    ]
    for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)):
        start = datetime(2026, month, day) - timedelta(days=1)  # noqa: DTZ001
        found += [start + timedelta(minutes=15 * quarter) for quarter in range(3 * 96)]
    return found


def shown(session: Session, walls: list[datetime]) -> list[datetime]:
    """Those that the clocks of the session's zone do not skip."""
    rows = session.conn.execute(
        "SELECT wall FROM unnest(%s::timestamp[]) AS wall WHERE wall::timestamptz::timestamp = wall", [walls]
    )
    return [row["wall"] for row in rows]


def differing(session: Session, expected: str) -> list[str]:
    rows = session.conn.execute(
        sql.SQL('SELECT "Key"::text AS key FROM arriving WHERE "Value" IS DISTINCT FROM {}').format(
            sql.SQL(expected)
        )
    )
    return [row["key"] for row in rows]


def test_a_timestamp_at_midnight_is_a_date(server_session: Session) -> None:
    days = [datetime(1, 1, 1), datetime(2026, 3, 2), datetime(9999, 12, 31)]  # noqa: DTZ001
    array = pa.array([*days, None], pa.timestamp("us"))

    assert copied(server_session, "date", array) == [*(day.date() for day in days), None]


def test_a_date_is_a_timestamp_at_midnight(server_session: Session) -> None:
    array = pa.array([date.min, date.max, None])
    expected = [datetime(1, 1, 1), datetime(9999, 12, 31), None]  # noqa: DTZ001

    assert copied(server_session, "timestamp", array) == expected


@pytest.mark.parametrize("text", ["abcd", "🙂🙂🙂🙂", "e\u0301e\u0301", "abc "])
def test_a_text_too_long_by_one_character_is_refused(server_session: Session, text: str) -> None:
    message = refusal(server_session, "varchar(3)", pa.array([None, "", text, "abcde"]))

    assert "Key k000002, is longer than character varying(3). Nothing was changed." in message


@pytest.mark.parametrize("type_name", ["varchar(50)", "varchar", "text"])
@pytest.mark.parametrize("text", ["\0", "secret\0", "\0secret", "sec\0ret"])
def test_a_nul_character_is_refused(server_session: Session, type_name: str, text: str) -> None:
    message = refusal(server_session, type_name, pa.array(["fine", None, text]))

    assert message == (
        "visits: the value of column Value, of the row with Key k000002, holds a NUL character, which "
        "Postgres cannot store. Nothing was changed. Correct it in Snowflake, and load again."
    )
    assert "secret" not in message


def test_a_row_without_its_key_is_refused(server_session: Session) -> None:
    targets = create(server_session, "text")
    table = pa.table({"Key": ["k1", None, None], "Value": ["secret"] * 3})

    with pytest.raises(PipelineError, match="visits: a row has no Key, a part of the key") as error:
        copy(server_session, targets, [table])

    assert "secret" not in str(error.value)
    assert values(server_session) == []


@pytest.mark.parametrize("column", ["Key", "Value"])
def test_a_row_without_either_part_of_its_key_is_refused(server_session: Session, column: str) -> None:
    targets = [
        Target(target.name, target.type_name, in_key=True) for target in create(server_session, "text")
    ]
    table = pa.table({"Key": ["k1", "k2"], "Value": ["v1", "v2"], column: pa.array([None, "x"])})

    with pytest.raises(PipelineError, match=f"a row has no {column}, a part of the key"):
        copy(server_session, targets, [table])


def test_a_refusal_names_both_parts_of_a_key(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)", "bigint")
    targets = [Target("Key", "bigint", in_key=True), Target("Value", targets[1].type_name, in_key=True)]
    table = pa.table({"Key": [1, 2], "Value": ["abc", "abcd"]})

    with pytest.raises(PipelineError, match="of the row with Key 2, Value abcd, is longer"):
        copy(server_session, targets, [table])


def test_a_refusal_without_a_key_says_so(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)")[1:]

    with pytest.raises(PipelineError, match="column Value, of the row with no key, is longer"):
        copy(server_session, targets, [pa.table({"Value": ["secret"]})])


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (pa.array([b"secret"]), "text"),
        (pa.array(["54321"]), "numeric(38,0)"),
        (pa.array(["true"]), "boolean"),
        (pa.array(["2026-03-02"]), "date"),
        (pa.array([True]), "numeric(38,0)"),
        (pa.array([True]), "text"),
        (pa.array([54321.5]), "text"),
        (pa.array([Decimal("54321.5")]), "varchar(50)"),
        (pa.array([date(2026, 3, 2)]), "varchar(50)"),
        (pa.array([date(2026, 3, 2)]), "integer"),
        (pa.array([time(9, 30)]), "timestamp"),
        (pa.array([time(9, 30)]), "date"),
        (pa.array([["secret"]]), "text"),
        (pa.array([{"secret": 1}]), "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.type),
)
def test_a_value_of_another_kind_is_refused(server_session: Session, array: pa.Array, wanted: str) -> None:
    message = refusal(server_session, wanted, array)

    assert message.startswith(
        f"visits: column Value comes from Snowflake as {array.type}, and cannot become "
    )
    assert message.endswith(" without a change.")
    assert "secret" not in message.removeprefix(f"visits: column Value comes from Snowflake as {array.type}")


@pytest.mark.parametrize(
    "type_name",
    [
        "numeric",
        "char(3)",
        "json",
        "uuid",
        "bytea",
        "timestamp(3)",
        "time",
        "interval",
        "varchar(5)[]",
        "xid",
    ],
)
def test_a_column_of_another_type_is_not_filled(server_session: Session, type_name: str) -> None:
    targets = create(server_session, type_name)

    with pytest.raises(PipelineError) as error:
        ArrowCopy("visits", targets, "UTC")

    assert str(error.value) == (
        f"visits: column Value is of type {targets[1].type_name}, which loads do not fill."
    )


@pytest.mark.parametrize("tables", [[], [keyed(pa.array([], pa.string()))] * 2], ids=["no table", "no row"])
def test_nothing_arrives_of_nothing(server_session: Session, tables: list[pa.Table]) -> None:
    done = copy(server_session, create(server_session, "text"), tables)

    assert (done.rows, values(server_session)) == (0, [])


def test_rows_of_several_tables_arrive_after_those_that_are_there(server_session: Session) -> None:
    targets = create(server_session, "numeric(38,0)")
    arrays = [
        pa.array([1, None], pa.int8()),
        pa.array([], pa.int16()),
        pa.array([2**63 - 1], pa.int64()),
        pa.nulls(1),
        pa.array([Decimal(10**38 - 1)], pa.decimal128(38, 0)),
    ]
    starts = [0, 2, 2, 3, 4]
    copy(server_session, targets, [keyed(pa.array([7]), first=5)])

    done = copy(server_session, targets, map(keyed, arrays, starts))

    assert done.rows == 5
    assert values(server_session) == [1, None, 2**63 - 1, None, 10**38 - 1, 7]


def test_a_table_larger_than_a_batch_arrives_whole_and_is_told_of_in_parts(server_session: Session) -> None:
    targets = create(server_session, "boolean")
    expected = [None if index % 7 == 0 else index % 3 == 0 for index in range(45_001)]
    chunks = pa.chunked_array([expected[:11], expected[11:30_003], expected[30_003:]])
    told: list[tuple[int, int]] = []

    done = ArrowCopy("visits", targets, "UTC").copy(
        server_session, INTO, [keyed(chunks)], lambda rows, size: told.append((rows, size))
    )

    assert values(server_session) == expected
    assert (sum(rows for rows, _ in told), sum(size for _, size in told)) == (done.rows, done.bytes)
    assert done.rows == 45_001
    assert max(rows for rows, _ in told) <= 20_000


def test_other_columns_are_neither_read_nor_filled(server_session: Session) -> None:
    targets = create(server_session, "text DEFAULT 'default'")

    copy(server_session, targets[:1], [pa.table({"Other": [object.__name__], "Key": ["k"]})])

    assert values(server_session) == ["default"]


def test_a_value_refused_late_takes_all_with_it(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)")
    fine = ["abc"] * 25_000
    told: list[int] = []

    with pytest.raises(PipelineError, match=key(49_999)):
        ArrowCopy("visits", targets, "UTC").copy(
            server_session,
            INTO,
            [keyed(pa.array(fine)), keyed(pa.array([*fine[1:], "abcd"]), first=25_000)],
            lambda rows, _: told.append(rows),
        )

    assert sum(told) == 45_000
    assert values(server_session) == []


def test_a_source_that_breaks_off_leaves_nothing(server_session: Session) -> None:
    targets = create(server_session, "text")

    def broken() -> Iterator[pa.Table]:
        yield keyed(pa.array(["a"] * 100))
        raise PipelineError("Snowflake does not answer.")

    with pytest.raises(PipelineError, match="does not answer"):
        copy(server_session, targets, broken())

    assert values(server_session) == []


def test_what_is_copied_belongs_to_the_transaction(server_session: Session) -> None:
    targets = create(server_session, "text")

    with server_session.transaction(force_rollback=True):
        copy(server_session, targets, [keyed(pa.array(["a"]))])
        assert values(server_session) == ["a"]

    assert values(server_session) == []
