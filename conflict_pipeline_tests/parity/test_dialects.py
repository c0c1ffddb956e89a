"""The texts themselves; test_compare_systems.py tests that both systems agree on them."""

import pytest

from conflict_pipeline.parity.columns import Column, Columns, Kind
from conflict_pipeline.parity.dialects import POSTGRES, SNOWFLAKE, Dialect, row_text, value
from conflict_pipeline.postgres.session import Session

COLUMNS = Columns(Column("ID", "id", "number"), (Column("SSN", "ssn", "text"),), ())


def test_the_text_of_a_row_has_the_key_and_the_length_of_each_text() -> None:
    postgres, snowflake = (row_text(dialect, COLUMNS).as_string() for dialect in (POSTGRES, SNOWFLAKE))

    assert postgres == (
        """array_to_string(ARRAY["ID"::text, CAST(LENGTH("SSN") AS VARCHAR) || ':' || "SSN"], '|', '~')"""
    )
    assert snowflake == (
        """CONCAT_WS('|', COALESCE(CAST(CAST("id" AS NUMBER(38, 0)) AS VARCHAR), '~'), """
        """COALESCE(CAST(LENGTH(CAST("ssn" AS VARCHAR)) AS VARCHAR) || ':' || CAST("ssn" AS VARCHAR), '~'))"""
    )


@pytest.mark.parametrize("dialect", [POSTGRES, SNOWFLAKE], ids=["Postgres", "Snowflake"])
def test_names_are_quoted(dialect: Dialect) -> None:
    name = 'a "b" c'

    assert '"a ""b"" c"' in value(dialect, Column(name, name, "text")).as_string()


@pytest.mark.parametrize(
    ("kind", "literal", "text"),
    [
        ("text", "'  a'::text", "  a"),
        ("number", "1.50::numeric(38,15)", "1.500000000000000"),
        ("time", "'1970-01-01 00:00:01.000002'::timestamp", "1000002"),
        ("time", "'1969-12-31 23:59:59.999999'::timestamp", "-1"),
        ("time", "'1970-01-02'::date", "86400000000"),
        ("time", "'infinity'::timestamp", "Infinity"),
        ("boolean", "TRUE", "true"),
        ("boolean", "FALSE", "false"),
        ("boolean", "NULL::boolean", None),
        ("time", "NULL::date", None),
    ],
)
def test_the_text_of_a_value(scratch: Session, kind: Kind, literal: str, text: str | None) -> None:
    expression = value(POSTGRES, Column("x", "x", kind)).as_string()

    row = scratch.conn.execute(f"SELECT {expression} AS text FROM (SELECT {literal} AS x) AS t".encode())

    assert row.fetchone() == {"text": text}
