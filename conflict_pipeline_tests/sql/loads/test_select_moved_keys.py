from datetime import UTC, datetime, timedelta, timezone

import pytest
from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NIGHT = timezone(timedelta(hours=-5))


@pytest.fixture(autouse=True)
def _visits(emulator: SnowflakeEmulator) -> None:
    for name in ("VISITS", "DELETED"):
        columns = '"Visit Id" VARCHAR, "Updated Datatimestamp" TIMESTAMP_TZ'
        emulator.execute("ANALYTICS", "BI", f"CREATE TABLE {name} ({columns})")


def put(emulator: SnowflakeEmulator, table: str, name: str | None, updated: datetime | None = NOON) -> None:
    moment = f"'{updated.isoformat()}'::TIMESTAMP_TZ" if updated else "NULL"
    key = "NULL" if name is None else f"'{name}'"
    emulator.execute("ANALYTICS", "BI", f"INSERT INTO {table} SELECT {key}, {moment}")


def moved(*, table: str = "VISITS", other: str = "DELETED") -> list[str]:
    """Keys that have left the table for the other one since NOON."""
    with open_snowflake().session("test") as source:
        tables = source.batches(
            "loads/select_moved_keys",
            {"lower": NOON.isoformat()},
            table=sql.Identifier(table),
            other=sql.Identifier(other),
            key=sql.Identifier("Visit Id"),
            other_key=sql.Identifier("Visit Id"),
            key_name=sql.Identifier("The key"),
            updated=sql.Identifier("Updated Datatimestamp"),
        )
        return sorted(name for table in tables for name in table["The key"].to_pylist())


def test_a_key_that_only_the_other_table_has_has_moved(emulator: SnowflakeEmulator) -> None:
    put(emulator, "VISITS", "here")
    put(emulator, "DELETED", "gone")

    assert moved() == ["gone"]
    assert moved(table="DELETED", other="VISITS") == ["here"]


def test_one_that_is_in_both_has_not_moved(emulator: SnowflakeEmulator) -> None:
    put(emulator, "VISITS", "both", None)
    put(emulator, "DELETED", "both")

    assert moved() == []
    assert moved(table="DELETED", other="VISITS") == []


@pytest.mark.parametrize(
    ("updated", "found"),
    [
        (NOON, ["gone"]),
        (NOON - timedelta(microseconds=1), []),
        (NOON.astimezone(NIGHT), ["gone"]),
        (NOON.astimezone(NIGHT) - timedelta(microseconds=1), []),
        (None, ["gone"]),
    ],
)
def test_a_move_counts_from_the_moment_on_or_if_nobody_knows_when(
    emulator: SnowflakeEmulator, updated: datetime | None, found: list[str]
) -> None:
    put(emulator, "DELETED", "gone", updated)

    assert moved() == found


def test_a_row_without_a_key_here_hides_nothing(emulator: SnowflakeEmulator) -> None:
    put(emulator, "VISITS", None)
    put(emulator, "DELETED", "gone")

    assert moved() == ["gone"]


def test_nothing_has_moved_to_an_empty_table(emulator: SnowflakeEmulator) -> None:
    put(emulator, "VISITS", "here")

    assert moved() == []
