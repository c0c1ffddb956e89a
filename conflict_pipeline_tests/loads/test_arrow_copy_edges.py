"""ArrowCopy and slices at the edges of types, zones and calendars."""
# ruff: noqa: DTZ001 - times without a zone are what these are about

from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.arrow_copy import ArrowCopy
from conflict_pipeline.loads.source import SourceTable
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator
from conflict_pipeline.snowflake.session import SnowflakeSession
from conflict_pipeline_tests.loads.test_arrow_copy import (
    copied,
    copy,
    create,
    differing,
    in_zone,
    keyed,
    refusal,
    server_session,
    unfit,
)
from conflict_pipeline_tests.loads.test_source import create as create_source
from conflict_pipeline_tests.loads.test_source import ids, put, source, wanted

__all__ = ["in_zone", "server_session", "source"]


@pytest.mark.parametrize("rows", [1, 45_001])
def test_bytes_are_what_went_into_copy(server_session: Session, rows: int) -> None:
    done = copy(server_session, create(server_session, "boolean"), [keyed(pa.array([True] * rows))])

    assert done.bytes >= rows * (2 + 4 + 7 + 4 + 1)


@pytest.mark.parametrize("wanted", ["text", "varchar(50)", "boolean", "timestamp", "date"])
def test_an_integer_is_refused_by_a_column_of_another_kind(server_session: Session, wanted: str) -> None:
    message = refusal(server_session, wanted, pa.array([54321]))

    assert message.startswith("visits: column Value comes from Snowflake as int64, and cannot become ")


def test_a_timestamp_that_is_not_at_midnight_is_no_date(server_session: Session) -> None:
    array = pa.array([datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 0, 0, 1)])

    assert refusal(server_session, "date", array) == unfit("date", 1)


def test_a_moment_becomes_the_date_in_the_report_zone(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")
    array = pa.array([datetime(2026, 3, 2, 5, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Kolkata"))

    assert copied(server_session, "date", array, "America/New_York") == [date(2026, 3, 2)]
    assert "Key k000000, does not fit into date" in refusal(
        server_session, "date", pa.array([datetime(2026, 3, 2, tzinfo=UTC)]), "America/New_York"
    )


def test_a_date_becomes_midnight_of_the_report_zone(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")

    (moment,) = copied(server_session, "timestamptz", pa.array([date(2026, 3, 2)]), "America/New_York")

    assert moment == datetime(2026, 3, 2, 5, tzinfo=UTC)


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


def test_a_skipped_time_is_what_postgres_makes_of_it(
    server_session: Session, in_zone: Callable[[str], None]
) -> None:
    in_zone("America/New_York")
    walls = pa.array([datetime(2026, 3, 8, 2, 30)])
    targets = create(server_session, "timestamptz", "timestamp")
    copy(server_session, targets, [pa.table({"Key": walls, "Value": walls})], "America/New_York")

    assert differing(server_session, '"Key"::timestamptz') == []


@pytest.mark.parametrize("type_name", ["numeric(38,20)", "numeric(38,38)"])
def test_a_small_integer_fits_into_many_decimals(server_session: Session, type_name: str) -> None:
    assert copied(server_session, type_name, pa.array([0], pa.int64())) == [0]


def test_an_unsigned_integer_becomes_a_number(server_session: Session) -> None:
    assert copied(server_session, "numeric(38,5)", pa.array([5], pa.uint64())) == [5]


@pytest.mark.parametrize("type_name", ["numeric(39,2)", "numeric(1000,0)"])
def test_a_numeric_beyond_arrow_is_a_column_of_another_type(server_session: Session, type_name: str) -> None:
    targets = create(server_session, type_name)

    with pytest.raises(PipelineError, match="which loads do not fill"):
        ArrowCopy("visits", targets, "UTC")


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "a\x1b[2Jb"])
def test_a_refusal_is_one_line_whatever_the_key(server_session: Session, name: str) -> None:
    targets = create(server_session, "varchar(3)")
    with pytest.raises(PipelineError) as error:
        copy(server_session, targets, [pa.table({"Value": ["abcd"], "Key": [name]})])
    assert str(error.value).isprintable()


@pytest.mark.parametrize("most_rows", [1, 10])
def test_the_last_day_of_all_is_in_a_slice(
    emulator: SnowflakeEmulator, source: SnowflakeSession, most_rows: int
) -> None:
    create_source(emulator)
    put(emulator, ("first", date(2026, 3, 2), None), ("last", date.max, None))
    visits = SourceTable(source, wanted())

    parts = visits.slices(most_rows)

    assert sorted(name for part in parts for name in ids(visits.rows_of(part))) == ["first", "last"]
