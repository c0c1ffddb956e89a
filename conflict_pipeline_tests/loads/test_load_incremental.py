"""Incremental loads of visits: every change arrives once, and the watermark follows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.load import LoadResult
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.upstream import (
    DELETED,
    VISITS,
    Upstream,
    allow,
    hours,
    refuse,
    table_rows,
    versions,
    watermark,
)
from conflict_pipeline_tests.rows import DAY, SSN

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OVERLAP = timedelta(hours=24)  # LOAD_OVERLAP_HOURS' default


@pytest.fixture
def loaded(upstream: Upstream, session: Session) -> Upstream:
    """v1, v2 and v3 changed long ago, v4 at NOON; d1 was deleted at NOON. All of them are loaded."""
    old = [(name, DAY, NOON - 20 * OVERLAP) for name in ("v1", "v2", "v3")]
    upstream.visits([*old, ("v4", DAY, NOON)])
    upstream.visit("d1", updated=NOON, table=DELETED)
    assert (upstream.load().mode, upstream.load(DELETED).mode) == ("full", "full")
    assert (watermark(session), watermark(session, DELETED)) == (NOON, NOON)
    return upstream


def written(loaded: LoadResult) -> tuple[int, int, int]:
    """Return the rows that an incremental load inserted, updated and deleted."""
    assert loaded.mode == "incremental"
    return loaded.merged.inserted, loaded.merged.updated, loaded.merged.deleted


@contextmanager
def unchanged(session: Session) -> Iterator[None]:
    """Check that the block writes no row of VISITS and not its watermark."""
    before = versions(session, VISITS), watermark(session)
    yield
    assert (versions(session, VISITS), watermark(session)) == before


def same(upstream: Upstream, session: Session) -> bool:
    return all(table_rows(session, name) == upstream.rows(name) for name in (VISITS, DELETED))


def test_new_and_changed_rows_arrive_once_and_old_ones_are_not_read(
    loaded: Upstream, session: Session
) -> None:
    before = versions(session, VISITS)
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.change("v1", updated=NOON + 2 * HOUR)

    first = loaded.load()
    after = versions(session, VISITS)
    second = loaded.load()

    assert (first.rows, written(first)) == (3, (1, 1, 0))  # v4 is within the overlap
    assert (second.rows, written(second)) == (3, (0, 0, 0))
    assert versions(session, VISITS) == after
    assert {name for name in after if after[name] == before.get(name)} == {"v2", "v3", "v4"}
    assert same(loaded, session)
    assert first.watermark == second.watermark == watermark(session) == NOON + 2 * HOUR


def test_without_changes_nothing_is_written(loaded: Upstream, session: Session) -> None:
    with unchanged(session):
        assert written(loaded.load()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("late", "arrives"),
    [
        pytest.param(-OVERLAP, True, id="as late as the overlap"),
        pytest.param(-OVERLAP - timedelta(microseconds=1), False, id="later"),
    ],
)
def test_a_late_row_arrives_within_the_overlap(
    loaded: Upstream, session: Session, late: timedelta, arrives: bool
) -> None:
    loaded.visit("late", updated=NOON + late)

    loaded.load()

    assert ("late" in hours(session)) == arrives
    assert watermark(session) == NOON
    loaded.load(full=True)
    assert same(loaded, session)


def test_the_overlap_is_a_setting(loaded: Upstream, session: Session) -> None:
    loaded.visit("late", updated=NOON - 100 * HOUR)

    loaded.load(load_overlap_hours=99.9)
    before = hours(session)
    loaded.load(load_overlap_hours=100)

    assert "late" not in before
    assert "late" in hours(session)


def test_the_overlap_does_not_change_when_the_clocks_change(
    loaded: Upstream, database: Postgres, session: Session, environment: Callable[..., Postgres]
) -> None:
    # Clocks in New York go from 2:00 to 3:00 at 7:00 UTC.
    newest = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    loaded.database = environment(database.conninfo["dbname"], REPORT_TIMEZONE="America/New_York")
    loaded.visit("v5", updated=newest)
    loaded.load()
    loaded.visit("late", updated=newest - HOUR)

    loaded.load(load_overlap_hours=1)

    assert "late" in hours(session)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_the_report_time_zone_does_not_matter(
    loaded: Upstream,
    database: Postgres,
    session: Session,
    environment: Callable[..., Postgres],
    zone: str,
) -> None:
    loaded.database = environment(database.conninfo["dbname"], REPORT_TIMEZONE=zone)
    loaded.visit("late", updated=NOON - OVERLAP)
    loaded.visit("later", updated=NOON - OVERLAP - timedelta(microseconds=1))
    loaded.visit("v5", updated=NOON + HOUR)

    loaded.load()

    assert set(hours(session)) - {"v1", "v2", "v3", "v4"} == {"late", "v5"}
    assert watermark(session) == NOON + HOUR


def test_a_row_without_a_time_of_change_arrives_with_each_load(loaded: Upstream, session: Session) -> None:
    loaded.visit("v5", updated=None, hours=1)
    first = loaded.load()
    loaded.change("v5", updated=None, hours=2)

    second = loaded.load()

    assert (written(first), written(second), written(loaded.load())) == ((1, 0, 0), (0, 1, 0), (0, 0, 0))
    assert same(loaded, session)
    assert watermark(session) == NOON


def test_a_time_of_change_in_the_future_does_not_hide_later_changes(
    loaded: Upstream, session: Session
) -> None:
    now = datetime.now(UTC)
    loaded.visit("future", updated=datetime(2999, 1, 1, tzinfo=UTC))
    loaded.load()
    reached = watermark(session)
    loaded.visit("v5", updated=datetime.now(UTC))

    later = loaded.load()

    assert reached is not None
    assert now - HOUR < reached < now + HOUR
    assert written(later) == (1, 0, 0)
    assert same(loaded, session)


def test_a_watermark_never_goes_back(loaded: Upstream, session: Session) -> None:
    loaded.remove("v4")
    loaded.visit("v5", updated=NOON - HOUR)

    loaded.load()

    assert watermark(session) == NOON


def test_a_deleted_visit_moves_and_a_restored_one_moves_back(loaded: Upstream, session: Session) -> None:
    loaded.move("v1", to=DELETED, updated=NOON + HOUR)
    gone = [written(loaded.load(VISITS)), written(loaded.load(DELETED))]
    while_gone = hours(session), hours(session, DELETED)
    assert same(loaded, session)
    loaded.move("v1", to=VISITS, updated=NOON + 2 * HOUR)

    back = [written(loaded.load(VISITS)), written(loaded.load(DELETED))]

    assert gone == [(0, 0, 1), (1, 0, 0)]
    assert while_gone == ({"v2": 1, "v3": 1, "v4": 1}, {"d1": 1, "v1": 2})
    assert back == [(1, 0, 0), (0, 0, 1)]
    assert same(loaded, session)


def test_a_deleted_visit_without_a_time_of_change_moves(loaded: Upstream, session: Session) -> None:
    loaded.move("v1", to=DELETED, updated=None)

    assert written(loaded.load()) == (0, 0, 1)
    assert set(hours(session)) == {"v2", "v3", "v4"}


def test_a_visit_in_both_tables_stays_in_both(loaded: Upstream, session: Session) -> None:
    loaded.visit("v4", updated=NOON + HOUR, table=DELETED)

    for name in (VISITS, DELETED):
        loaded.load(name)

    assert same(loaded, session)


def test_a_visit_that_is_changed_and_deleted_between_two_loads_moves(
    loaded: Upstream, session: Session
) -> None:
    loaded.change("v4", updated=NOON + HOUR)
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.move("v4", to=DELETED, updated=NOON + 2 * HOUR)
    loaded.move("v5", to=DELETED, updated=NOON + 2 * HOUR)

    for name in (VISITS, DELETED):
        loaded.load(name)

    assert set(hours(session)) == {"v1", "v2", "v3"}
    assert same(loaded, session)


def test_a_row_that_vanished_in_snowflake_is_deleted_by_a_full_load(
    loaded: Upstream, session: Session
) -> None:
    loaded.remove("v2")
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.load()
    before = hours(session)

    full = loaded.load(full=True)

    assert "v2" in before
    assert (full.mode, full.rows, full.merged.deleted) == ("full", 4, 1)
    assert same(loaded, session)
    assert watermark(session) == NOON + HOUR
    assert written(loaded.load()) == (0, 0, 0)


def test_the_newest_of_rows_with_one_key_is_loaded(loaded: Upstream, session: Session) -> None:
    loaded.visit("v5", updated=NOON + HOUR, hours=2)
    loaded.visit("v5", updated=NOON + 2 * HOUR, hours=3)
    loaded.visit("v5", updated=None, hours=4)

    merged = loaded.load().merged

    assert (merged.inserted, merged.repeated) == (1, 2)
    assert hours(session)["v5"] == 3


def test_an_empty_source_deletes_nothing(loaded: Upstream, session: Session) -> None:
    loaded.run(f"DELETE FROM {VISITS}")

    with unchanged(session):
        loaded.load()
        with pytest.raises(PipelineError, match="is empty in Snowflake but not in Postgres"):
            loaded.load(full=True)


def test_a_bad_value_changes_neither_table_nor_watermark(loaded: Upstream, session: Session) -> None:
    loaded.run(f'ALTER TABLE {VISITS} ALTER COLUMN "Bill Type" TYPE VARCHAR(999)')
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.run(f"""UPDATE {VISITS} SET "Bill Type" = '{SSN * 6}' WHERE "Visit Id" = 'v5'""")

    with unchanged(session), pytest.raises(PipelineError) as error:
        loaded.load()

    assert "column Bill Type in the row with Visit Id v5" in str(error.value)
    assert SSN not in str(error.value)
    loaded.run(f"""UPDATE {VISITS} SET "Bill Type" = 'x' WHERE "Visit Id" = 'v5'""")
    assert written(loaded.load()) == (1, 0, 0)
    assert same(loaded, session)


@pytest.mark.parametrize("event", ["INSERT", "UPDATE", "DELETE"])
def test_an_error_in_the_merge_changes_neither_table_nor_watermark(
    loaded: Upstream, session: Session, event: str
) -> None:
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.change("v1", updated=NOON + HOUR)
    loaded.move("v2", to=DELETED, updated=NOON + HOUR)
    refuse(session, VISITS, event)

    with unchanged(session), pytest.raises(psycopg.errors.RaiseException):
        loaded.load()

    allow(session)
    assert written(loaded.load()) == (1, 1, 1)
    loaded.load(DELETED)
    assert same(loaded, session)
    assert watermark(session) == NOON + HOUR


def test_an_error_in_writing_the_watermark_changes_no_row(loaded: Upstream, session: Session) -> None:
    loaded.visit("v5", updated=NOON + HOUR)
    session.conn.execute(
        f"ALTER TABLE conflict.load_watermark ADD CONSTRAINT refused CHECK (watermark <= '{NOON}')"
    )

    with unchanged(session), pytest.raises(psycopg.errors.CheckViolation):
        loaded.load()

    session.conn.execute("ALTER TABLE conflict.load_watermark DROP CONSTRAINT refused")
    assert written(loaded.load()) == (1, 0, 0)


def test_a_missing_counterpart_changes_nothing(loaded: Upstream, session: Session) -> None:
    loaded.visit("v5", updated=NOON + HOUR)
    loaded.run(f"DROP TABLE {DELETED}")

    with unchanged(session), pytest.raises(PipelineError, match=f"no table {DELETED}"):
        loaded.load()
