"""The statements for ranges, hashes and rows, tested with the same cases in Postgres and in Snowflake."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.parity.systems import PLACE, both_systems
from conflict_pipeline_tests.rows import pair

__all__ = ["both_systems"]  # fixture

# Bounds of ranges of 100 and of 10 IDs, negative IDs, and one with more digits than a float holds.
HUGE = 10**30
IDS = [-100, -1, 0, 9, 10, 99, 100, HUGE]
TEXT = sql.SQL('"VisitID"')
TEXTS = sql.SQL('"VisitID" AS "VisitID_text"')

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def snowflake(
    both_systems: tuple[str, SnowflakeEmulator], monkeypatch: pytest.MonkeyPatch
) -> Iterator[SnowflakeSession]:
    _, emulator = both_systems
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    with open_snowflake().session("test") as session:
        yield session


@pytest.fixture(params=["postgres", "snowflake"])
def query(request: pytest.FixtureRequest) -> Query:
    """Run a statement of the system, by name, on rows whose VisitID is their ID."""
    if request.param == "postgres":
        session: Session = request.getfixturevalue("scratch")
        for row_id in IDS:
            pair(session, row_id, VisitID=str(row_id))

        def run(name: str, values: dict[str, Any], **parts: sql.Composable) -> list[tuple[Any, ...]]:
            return [tuple(row.values()) for row in session.rows(f"parity/postgres/{name}", values, **parts)]

        return run
    return _snowflake_query(request.getfixturevalue("snowflake"), request.getfixturevalue("both_systems")[1])


def _snowflake_query(session: SnowflakeSession, emulator: SnowflakeEmulator) -> Query:
    emulator.execute(*PLACE, 'CREATE OR REPLACE TABLE ROWS ("ID" NUMBER(38, 0), "VisitID" VARCHAR)')
    values = ", ".join(f"({row_id}, '{row_id}')" for row_id in IDS)
    emulator.execute(*PLACE, f"INSERT INTO ROWS VALUES {values}")
    names = {"table": sql.Identifier(*PLACE, "ROWS"), "id": sql.Identifier("ID")}

    def run(name: str, values: dict[str, Any], **parts: sql.Composable) -> list[tuple[Any, ...]]:
        rows = session.rows(f"parity/snowflake/{name}", values, **names, **parts)
        return [tuple(row.values()) for row in rows]

    return run


def range_hash(*texts: str) -> str:
    """Return the hash of a range whose rows have these texts."""
    return _md5("".join(map(_md5, texts)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def leaves_within(query: Query, *starts: int) -> list[tuple[Any, ...]]:
    """Return the leaves of 10 IDs within ranges of 100."""
    values = {"width": 10, "outer_width": 100, "outer_starts": list(starts)}
    values |= {"lowest": min(starts), "highest": max(starts) + 99}
    return query("select_hashes_within", values, row_text=TEXT)


def rows_within(query: Query, width: int, *starts: int) -> list[str]:
    values = {
        "width": width,
        "starts": list(starts),
        "lowest": min(starts),
        "highest": max(starts) + width - 1,
    }
    return [text for (text,) in query("select_rows_within", values, texts=TEXTS)]


def test_ranges_are_sorted_and_hold_the_rows_of_their_width(query: Query) -> None:
    assert query("select_ranges", {"width": 100}) == [(-100, 2), (0, 4), (100, 1), (HUGE, 1)]
    for width in (1, 7, 10_000):
        expected = sorted({row_id // width * width for row_id in IDS})
        assert [start for start, _ in query("select_ranges", {"width": width})] == expected


def test_only_leaves_within_the_ranges_are_hashed(query: Query) -> None:
    assert leaves_within(query, 0) == [
        (0, 2, range_hash("0", "9")),
        (10, 1, range_hash("10")),
        (90, 1, range_hash("99")),
    ]
    assert leaves_within(query, HUGE, -100) == [
        (-100, 1, range_hash("-100")),
        (-10, 1, range_hash("-1")),
        (HUGE, 1, range_hash(str(HUGE))),
    ]
    assert leaves_within(query, 200) == []


def test_rows_are_sorted_by_id_and_each_belongs_to_one_range(query: Query) -> None:
    assert rows_within(query, 100, HUGE, 0) == ["0", "9", "10", "99", str(HUGE)]
    assert rows_within(query, 100, -100) == ["-100", "-1"]
    assert rows_within(query, 100, 100) == ["100"]


def test_snowflake_names_the_columns_of_a_table_that_exists(
    snowflake: SnowflakeSession, both_systems: tuple[str, SnowflakeEmulator]
) -> None:
    both_systems[1].execute(*PLACE, 'CREATE OR REPLACE TABLE ROWS ("ID" NUMBER(38, 0), "Text" VARCHAR)')
    catalog = sql.Identifier(PLACE[0], "INFORMATION_SCHEMA")

    def names(schema: str, table: str) -> list[str]:
        values = {"schema": schema, "table": table}
        rows = snowflake.rows("parity/snowflake/select_columns", values, catalog=catalog)
        return [row["column_name"] for row in rows]

    assert names(PLACE[1], "ROWS") == ["ID", "Text"]
    assert names(PLACE[1], "OTHER") == []
    assert names("OTHER", "ROWS") == []
