from datetime import UTC, datetime, timedelta, timezone

import pytest
from psycopg import sql

from conflict_pipeline.snowflake.account import open_snowflake
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

LOWER = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)
MOMENTS = {
    "just before": "2026-03-02 12:00:00.000004 +00:00",
    "at it": "2026-03-02 12:00:00.000005 +00:00",
    "at it elsewhere": "2026-03-02 17:30:00.000005 +05:30",
    "before it, with a later clock": "2026-03-02 13:59:59 +02:00",
    "after it, with an earlier clock": "2026-03-02 07:00:01 -05:00",
    "first": "0001-01-01 00:00:00 +00:00",
    "last": "9999-12-31 23:59:59.999999 +00:00",
    "unknown": None,
}
CHANGED = {"at it", "at it elsewhere", "after it, with an earlier clock", "last", "unknown"}


def changed(lower: datetime) -> set[str]:
    with open_snowflake().session("test") as source:
        tables = source.batches(
            "loads/select_changed_rows",
            {"lower": lower.isoformat()},
            table=sql.Identifier("VISITS"),
            columns=sql.Identifier("Visit Id"),
            updated=sql.Identifier("Updated Datatimestamp"),
        )
        return {name for table in tables for name in table["Visit Id"].to_pylist()}


@pytest.fixture
def visits(emulator: SnowflakeEmulator) -> None:
    statement = 'CREATE TABLE VISITS ("Visit Id" VARCHAR, "Updated Datatimestamp" TIMESTAMP_TZ)'
    emulator.execute("ANALYTICS", "BI", statement)
    for name, moment in MOMENTS.items():
        literal = f"'{moment}'::TIMESTAMP_TZ" if moment else "NULL"
        emulator.execute("ANALYTICS", "BI", f"INSERT INTO VISITS SELECT '{name}', {literal}")


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5.5))])
def test_rows_from_the_moment_on_and_those_that_do_not_say_when(visits: None, zone: timezone) -> None:
    assert changed(LOWER.astimezone(zone)) == CHANGED


def test_the_beginning_of_time_is_before_all(visits: None) -> None:
    assert changed(datetime.min.replace(tzinfo=UTC)) == set(MOMENTS)


def test_after_all_there_are_those_that_do_not_say_when(visits: None) -> None:
    lower = datetime.max.replace(tzinfo=UTC)

    assert changed(lower) == {"last", "unknown"}
