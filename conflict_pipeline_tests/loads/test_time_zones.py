"""Dates and timestamps are converted as Postgres converts them in a session with the report time zone."""
# ruff: noqa: DTZ001 - many of these times have no time zone

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.copying import (
    BEFORE_1970,
    FIRST,
    LAST,
    copied,
    copy,
    create,
    differing,
    in_zone,
    refusal,
    server_session,
    unfit,
)

__all__ = ["in_zone", "server_session"]  # fixtures

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


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata", "+05:30"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_is_the_same_in_every_unit_and_zone(
    server_session: Session, unit: str, zone: str | None
) -> None:
    moments = [datetime(1969, 12, 31, 23, 59, 59), datetime(2026, 7, 1, 12)]
    if zone:
        moments = [moment.replace(tzinfo=UTC) for moment in moments]
    array = pa.array([*moments, None], pa.timestamp(unit, tz=zone))

    assert copied(server_session, "timestamptz" if zone else "timestamp", array) == [*moments, None]


@pytest.mark.parametrize("type_name", ["timestamp", "timestamptz"])
def test_nanoseconds_below_a_microsecond_are_refused(server_session: Session, type_name: str) -> None:
    zone = "UTC" if type_name == "timestamptz" else None
    array = pa.array([1_000, 1_001], pa.int64()).cast(pa.timestamp("ns", tz=zone))

    assert "Key k000001 does not fit into timestamp" in refusal(server_session, type_name, array)


@pytest.mark.parametrize("zone", ZONES)
def test_a_timestamp_without_a_zone_is_in_the_report_time_zone(
    server_session: Session, in_zone: Callable[[str], None], zone: str
) -> None:
    in_zone(zone)
    walls = pa.array(shown(server_session, wall_times()), pa.timestamp("us"))
    table = pa.table({"Key": walls, "Value": walls})

    copy(server_session, create(server_session, "timestamptz", "timestamp"), [table], zone)

    assert differing(server_session, '"Key"::timestamptz') == []


@pytest.mark.parametrize("zone", ZONES)
def test_a_column_without_a_zone_holds_the_time_in_the_report_time_zone(
    server_session: Session, in_zone: Callable[[str], None], zone: str
) -> None:
    in_zone(zone)
    moments = pa.array(wall_times(), pa.timestamp("us", tz="UTC"))
    table = pa.table({"Key": moments, "Value": moments})

    copy(server_session, create(server_session, "timestamp", "timestamptz"), [table], zone)

    assert differing(server_session, '"Key"::timestamp') == []


def test_a_time_that_the_clocks_show_twice_is_in_standard_time(server_session: Session) -> None:
    array = pa.array([datetime(2026, 11, 1, 1, 30)])

    (moment,) = copied(server_session, "timestamptz", array, "America/New_York")

    assert moment == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_read_as_postgres_reads_it(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")
    walls = pa.array([datetime(2026, 3, 8, 2, 30)])
    targets = create(server_session, "timestamptz", "timestamp")
    copy(server_session, targets, [pa.table({"Key": walls, "Value": walls})], "America/New_York")

    assert differing(server_session, '"Key"::timestamptz') == []


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [2038, 2039, 2500, 9999])
def test_summer_time_after_2037(
    server_session: Session, in_zone: Callable[[str], None], zone: str, year: int
) -> None:
    in_zone(zone)
    walls = pa.array([datetime(year, 1, 15, 12), datetime(year, 7, 15, 12)])
    copy(
        server_session,
        create(server_session, "timestamptz", "timestamp"),
        [pa.table({"Key": walls, "Value": walls})],
        zone,
    )
    assert differing(server_session, '"Key"::timestamptz') == []


def wall_times() -> list[datetime]:
    """Return the limits of datetime, and every quarter of an hour around changes of the clocks."""
    found = [
        FIRST,
        LAST,
        BEFORE_1970,
        datetime(1883, 11, 18, 12, 3, 58),
        datetime(1916, 5, 1),
        datetime(2011, 12, 29, 12),
        datetime(2037, 7, 1),
        datetime(2038, 1, 19, 3, 14, 8),
    ]
    for month, day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)):
        start = datetime(2026, month, day) - timedelta(days=1)
        found += [start + timedelta(minutes=15 * quarter) for quarter in range(3 * 96)]
    return found


def shown(session: Session, walls: list[datetime]) -> list[datetime]:
    """Return the times that the clocks of the session's time zone do not skip."""
    rows = session.conn.execute(
        "SELECT wall FROM unnest(%s::timestamp[]) AS wall WHERE wall::timestamptz::timestamp = wall", [walls]
    )
    return [row["wall"] for row in rows]


def test_a_timestamp_at_midnight_is_a_date(server_session: Session) -> None:
    days = [datetime(1, 1, 1), datetime(2026, 3, 2), datetime(9999, 12, 31)]
    array = pa.array([*days, None], pa.timestamp("us"))

    assert copied(server_session, "date", array) == [*(day.date() for day in days), None]


def test_a_timestamp_that_is_not_at_midnight_is_refused_as_a_date(server_session: Session) -> None:
    array = pa.array([datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 0, 0, 1)])

    assert refusal(server_session, "date", array) == unfit("date", 1)


def test_a_timestamp_with_a_zone_is_a_date_in_the_report_time_zone(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")
    array = pa.array([datetime(2026, 3, 2, 5, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Kolkata"))

    assert copied(server_session, "date", array, "America/New_York") == [date(2026, 3, 2)]
    assert "Key k000000 does not fit into date" in refusal(
        server_session, "date", pa.array([datetime(2026, 3, 2, tzinfo=UTC)]), "America/New_York"
    )


def test_a_date_is_a_timestamp_at_midnight(server_session: Session) -> None:
    array = pa.array([date.min, date.max, None])
    expected = [datetime(1, 1, 1), datetime(9999, 12, 31), None]

    assert copied(server_session, "timestamp", array) == expected


def test_a_date_is_midnight_in_the_report_time_zone(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")

    (moment,) = copied(server_session, "timestamptz", pa.array([date(2026, 3, 2)]), "America/New_York")

    assert moment == datetime(2026, 3, 2, 5, tzinfo=UTC)
