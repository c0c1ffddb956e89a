"""ArrowCopy: every value arrives unchanged, or the load is refused and no row arrives."""
# ruff: noqa: DTZ001 - many of these times have no time zone

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy, TargetColumn
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.copying import (
    BEFORE_1970,
    FIRST,
    INTO,
    LAST,
    copied,
    copy,
    create,
    key,
    keyed,
    refusal,
    server_session,
    unfit,
    values,
)

__all__ = ["server_session"]  # fixture

OF_TABLES = sorted({column.type_name for table in tables.all_tables() for column in table.columns})
OTHERS = ["smallint", "integer", "bigint", "real", "double precision", "text", "varchar", "numeric(38,38)"]
# Of the varchar types, the shortest and the longest are enough.
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
        "timestamp": [FIRST, LAST, BEFORE_1970, datetime(2000, 1, 1)],
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
def test_columns_of_every_type_take_their_extremes_and_null(server_session: Session, type_name: str) -> None:
    expected = [None, *extremes(type_name), None]

    assert copied(server_session, type_name, pa.array(expected, arrow_type(type_name))) == expected


@pytest.mark.parametrize("type_name", [*LONGEST, *OTHERS])
@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_value_arrives_unchanged(server_session: Session, type_name: str, data: st.DataObject) -> None:
    expected = data.draw(st.lists(st.none() | any_of(type_name), max_size=12))

    assert copied(server_session, type_name, pa.array(expected, arrow_type(type_name))) == expected


@pytest.mark.parametrize("type_name", [*LONGEST, *OTHERS])
def test_an_arrow_column_of_nulls_fits_every_type(server_session: Session, type_name: str) -> None:
    assert copied(server_session, type_name, pa.nulls(3)) == [None] * 3


def test_a_large_string_is_a_text(server_session: Session) -> None:
    assert copied(server_session, "varchar(50)", pa.array(["a", None], pa.large_string())) == ["a", None]


@pytest.mark.parametrize(
    "found",
    [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()],
    ids=str,
)
@pytest.mark.parametrize("wanted", ["numeric(38,0)", "numeric(38,5)", "numeric(38,15)", "bigint"])
def test_integers_of_every_width_become_numbers(
    server_session: Session, found: pa.DataType, wanted: str
) -> None:
    signed = str(found).startswith("int")
    most = 2 ** (found.bit_width - signed) - 1
    expected = [most, -most - 1 if signed else 0, None, 1]

    assert copied(server_session, wanted, pa.array(expected, found)) == expected


def test_a_large_unsigned_type_becomes_a_number(server_session: Session) -> None:
    assert copied(server_session, "numeric(38,5)", pa.array([5], pa.uint64())) == [5]


@pytest.mark.parametrize("type_name", ["numeric(38,20)", "numeric(38,38)"])
def test_a_small_integer_fits_into_many_decimals(server_session: Session, type_name: str) -> None:
    assert copied(server_session, type_name, pa.array([0], pa.int64())) == [0]


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
def test_decimals_beyond_the_scale_of_the_column_must_be_zero(
    server_session: Session, found: pa.DataType
) -> None:
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


def test_a_float_is_rounded_to_the_decimals_of_the_column(server_session: Session) -> None:
    array = pa.array([0.1, -0.25, None, 999_999.99, 0.0])
    expected = [Decimal("0.1"), Decimal("-0.25"), None, Decimal("999999.99"), Decimal(0)]

    assert copied(server_session, "numeric(8,2)", array) == expected


@pytest.mark.parametrize("value", [1_000_000.0, -1e30, float("nan"), float("inf"), float("-inf")])
def test_a_float_that_does_not_fit_is_refused(server_session: Session, value: float) -> None:
    assert refusal(server_session, "numeric(8,2)", pa.array([1.5, value])) == unfit("numeric(8,2)", 1)


def test_a_float_becomes_an_integer_only_if_it_is_whole(server_session: Session) -> None:
    assert copied(server_session, "integer", pa.array([2.0, -3.0, None])) == [2, -3, None]
    assert refusal(server_session, "integer", pa.array([2.0, 17.25])) == unfit("integer", 1)


def test_an_integer_that_a_float_cannot_hold_is_refused(server_session: Session) -> None:
    array = pa.array([2**53, 2**53 + 1])

    assert refusal(server_session, "double precision", array) == unfit("double precision", 1)


@pytest.mark.parametrize("text", ["abcd", "🙂🙂🙂🙂", "e\u0301e\u0301", "abc "])
def test_a_text_too_long_by_one_character_is_refused(server_session: Session, text: str) -> None:
    message = refusal(server_session, "varchar(3)", pa.array([None, "", text, "abcde"]))

    assert "Key k000002 is longer than character varying(3). Nothing was changed." in message


@pytest.mark.parametrize("type_name", ["varchar(50)", "varchar", "text"])
@pytest.mark.parametrize("text", ["\0", "secret\0", "\0secret", "sec\0ret"])
def test_a_nul_character_is_refused(server_session: Session, type_name: str, text: str) -> None:
    message = refusal(server_session, type_name, pa.array(["fine", None, text]))

    assert message == (
        "visits: the value of column Value in the row with Key k000002 contains a NUL character, which "
        "Postgres cannot store. Nothing was changed. Correct it in Snowflake and load again."
    )
    assert "secret" not in message


def test_a_row_without_its_key_is_refused(server_session: Session) -> None:
    targets = create(server_session, "text")
    table = pa.table({"Key": ["k1", None, None], "Value": ["secret"] * 3})

    with pytest.raises(PipelineError, match="visits: a row has no Key, which is part of the key") as error:
        copy(server_session, targets, [table])

    assert "secret" not in str(error.value)
    assert values(server_session) == []


@pytest.mark.parametrize("column", ["Key", "Value"])
def test_a_row_without_a_part_of_its_key_is_refused(server_session: Session, column: str) -> None:
    targets = [
        TargetColumn(target.name, target.type_name, in_key=True) for target in create(server_session, "text")
    ]
    table = pa.table({"Key": ["k1", "k2"], "Value": ["v1", "v2"], column: pa.array([None, "x"])})

    with pytest.raises(PipelineError, match=f"a row has no {column}, which is part of the key"):
        copy(server_session, targets, [table])


def test_a_message_names_both_parts_of_a_key(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)", "bigint")
    targets = [
        TargetColumn("Key", "bigint", in_key=True),
        TargetColumn("Value", targets[1].type_name, in_key=True),
    ]
    table = pa.table({"Key": [1, 2], "Value": ["abc", "abcd"]})

    with pytest.raises(PipelineError, match="in the row with Key 2, Value abcd is longer"):
        copy(server_session, targets, [table])


def test_a_message_about_a_table_without_a_key_says_so(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)")[1:]

    with pytest.raises(PipelineError, match="column Value in the row with no key is longer"):
        copy(server_session, targets, [pa.table({"Value": ["secret"]})])


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "a\x1b[2Jb"])
def test_a_message_is_one_line_for_any_key(server_session: Session, name: str) -> None:
    targets = create(server_session, "varchar(3)")
    with pytest.raises(PipelineError) as error:
        copy(server_session, targets, [pa.table({"Value": ["abcd"], "Key": [name]})])
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        *((pa.array([54321]), wanted) for wanted in ("text", "varchar(50)", "boolean", "timestamp", "date")),
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
def test_values_of_another_kind_are_refused(server_session: Session, array: pa.Array, wanted: str) -> None:
    message = refusal(server_session, wanted, array)

    start = f"visits: column Value is {array.type} in Snowflake, which cannot be converted to "
    assert message.startswith(start)
    assert message.endswith(" without changing values.")
    assert "secret" not in message.removeprefix(start)


@pytest.mark.parametrize(
    "type_name",
    [
        "numeric",
        "numeric(39,2)",
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
def test_columns_of_other_types_are_not_supported(server_session: Session, type_name: str) -> None:
    targets = create(server_session, type_name)

    with pytest.raises(PipelineError) as error:
        ArrowCopy("visits", targets, "UTC")

    assert str(error.value) == (
        f"visits: column Value is of type {targets[1].type_name}, which loads do not support."
    )


@pytest.mark.parametrize("tables", [[], [keyed(pa.array([], pa.string()))] * 2], ids=["no table", "no row"])
def test_no_rows_are_copied_without_an_error(server_session: Session, tables: list[pa.Table]) -> None:
    done = copy(server_session, create(server_session, "text"), tables)

    assert (done.rows, values(server_session)) == (0, [])


def test_rows_of_several_tables_are_appended(server_session: Session) -> None:
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


def test_a_table_larger_than_a_batch_is_copied_and_reported_in_batches(server_session: Session) -> None:
    targets = create(server_session, "boolean")
    expected = [None if index % 7 == 0 else index % 3 == 0 for index in range(45_001)]
    chunks = pa.chunked_array([expected[:11], expected[11:30_003], expected[30_003:]])
    reported: list[tuple[int, int]] = []

    done = ArrowCopy("visits", targets, "UTC").copy(
        server_session, INTO, [keyed(chunks)], lambda rows, size: reported.append((rows, size))
    )

    assert values(server_session) == expected
    assert (sum(rows for rows, _ in reported), sum(size for _, size in reported)) == (done.rows, done.bytes)
    assert done.rows == 45_001
    assert done.bytes >= 45_001 * (2 + 4 + 7 + 4)
    assert max(rows for rows, _ in reported) <= 20_000


def test_other_columns_are_neither_read_nor_filled(server_session: Session) -> None:
    targets = create(server_session, "text DEFAULT 'default'")

    copy(server_session, targets[:1], [pa.table({"Other": [object.__name__], "Key": ["k"]})])

    assert values(server_session) == ["default"]


def test_an_error_in_a_late_batch_leaves_no_row(server_session: Session) -> None:
    targets = create(server_session, "varchar(3)")
    fine = ["abc"] * 25_000
    reported: list[int] = []

    with pytest.raises(PipelineError, match=key(49_999)):
        ArrowCopy("visits", targets, "UTC").copy(
            server_session,
            INTO,
            [keyed(pa.array(fine)), keyed(pa.array([*fine[1:], "abcd"]), first=25_000)],
            lambda rows, _: reported.append(rows),
        )

    assert sum(reported) == 45_000
    assert values(server_session) == []


def test_a_source_that_fails_leaves_no_row(server_session: Session) -> None:
    targets = create(server_session, "text")

    def broken() -> Iterator[pa.Table]:
        yield keyed(pa.array(["a"] * 100))
        raise PipelineError("Snowflake does not answer.")

    with pytest.raises(PipelineError, match="does not answer"):
        copy(server_session, targets, broken())

    assert values(server_session) == []


def test_rows_belong_to_the_transaction(server_session: Session) -> None:
    targets = create(server_session, "text")

    with server_session.transaction(force_rollback=True):
        copy(server_session, targets, [keyed(pa.array(["a"]))])
        assert values(server_session) == ["a"]

    assert values(server_session) == []
