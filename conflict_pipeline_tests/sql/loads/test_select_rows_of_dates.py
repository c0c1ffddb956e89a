from datetime import date, timedelta

import pytest
from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline_tests.rows import DAY

NEXT = DAY + timedelta(days=1)
DATES = [date.min, DAY - timedelta(days=1), DAY, DAY, NEXT, date.max, None, None]


@pytest.fixture
def visits(emulator: SnowflakeEmulator) -> None:
    emulator.execute("ANALYTICS", "BI", 'CREATE TABLE VISITS ("Visit Id" NUMBER, "Visit Date" DATE)')
    literals = [f"'{day}'" if day else "NULL" for day in DATES]
    rows = ", ".join(f"({number}, {literal})" for number, literal in enumerate(literals))
    emulator.execute("ANALYTICS", "BI", f"INSERT INTO VISITS VALUES {rows}")


def dates(from_date: date, to_date: date, *, undated: bool) -> list[date | None]:
    """In their order; NULL last."""
    with open_snowflake().session("test") as source:
        tables = source.batches(
            "loads/select_rows_of_dates",
            {"from_date": from_date, "to_date": to_date, "undated": undated},
            table=sql.Identifier("VISITS"),
            columns=sql.Identifier("Visit Date"),
            date=sql.Identifier("Visit Date"),
        )
        found = [day for table in tables for day in table["Visit Date"].to_pylist()]
    return sorted(found, key=lambda day: (day is None, day or date.min))


@pytest.mark.parametrize("undated", [False, True])
@pytest.mark.parametrize(
    ("from_date", "to_date", "expected"),
    [
        (DAY, DAY, [DAY, DAY]),
        (DAY, NEXT, [DAY, DAY, NEXT]),
        (DAY - timedelta(days=1), DAY, [DAY - timedelta(days=1), DAY, DAY]),
        (NEXT + timedelta(days=1), NEXT + timedelta(days=1), []),
        (NEXT, DAY, []),
        (date.min, date.max, [day for day in DATES if day]),
    ],
)
def test_from_a_date_to_another_inclusive(
    visits: None, from_date: date, to_date: date, expected: list[date | None], undated: bool
) -> None:
    found = dates(from_date, to_date, undated=undated)

    assert found == [*expected, *([None] * 2 if undated else [])]
