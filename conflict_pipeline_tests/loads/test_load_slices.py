"""First and full loads of visits in slices: an interrupted load continues with the next slice."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.loads.load import LoadResult, lock_table
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.loads.upstream import (
    DELETED,
    VISITS,
    Upstream,
    allow,
    hours,
    refuse,
    slices,
    staged,
    table_rows,
    versions,
    watermark,
)
from conflict_pipeline_tests.rows import DAY, SSN

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
DAYS = 5
# Rows of a day, and so of a slice.
ROWS = 3


def day(number: int) -> date:
    return DAY + number * ONE_DAY


@pytest.fixture
def visits(upstream: Upstream) -> Upstream:
    """Three visits on each of five days, v00 to v42, in Snowflake only; the newest changed at NOON."""
    upstream.visits(
        (f"v{number}{row}", day(number), NOON - (DAYS - 1 - number) * ONE_DAY)
        for number in range(DAYS)
        for row in range(ROWS)
    )
    return upstream


def load(upstream: Upstream, *, rows: int = ROWS, full: bool = True) -> LoadResult:
    """Load the visits in slices of `rows` rows."""
    return upstream.load(VISITS, full=full, load_slice_rows=rows)


def spoil(upstream: Upstream, visit: str) -> None:
    """Give the visit a value that does not fit."""
    upstream.run(f'ALTER TABLE {VISITS} ALTER COLUMN "Bill Type" TYPE VARCHAR(999)')
    upstream.run(f"""UPDATE {VISITS} SET "Bill Type" = '{SSN * 6}' WHERE "Visit Id" = '{visit}'""")


def repair(upstream: Upstream) -> None:
    upstream.run(f'UPDATE {VISITS} SET "Bill Type" = NULL')


def interrupt(upstream: Upstream, *, at: int) -> None:
    """Start a load that fails in the slice of that day and could continue afterwards."""
    spoil(upstream, f"v{at}1")
    with pytest.raises(PipelineError, match=f"Visit Id v{at}1 is longer") as error:
        load(upstream)
    assert SSN not in str(error.value)
    repair(upstream)


def same(upstream: Upstream, session: Session) -> bool:
    return table_rows(session, VISITS) == upstream.rows(VISITS)


def nothing_is_left(session: Session) -> bool:
    return slices(session) == [] and staged(session) == 0


@pytest.mark.parametrize("rows", [1, ROWS, 2 * ROWS + 1, 10**6])
def test_slices_of_any_size_give_the_same_table(visits: Upstream, session: Session, rows: int) -> None:
    loaded = load(visits, rows=rows, full=False)

    assert (loaded.mode, loaded.rows, loaded.merged.inserted) == ("full", DAYS * ROWS, DAYS * ROWS)
    assert same(visits, session)
    assert loaded.watermark == watermark(session) == NOON
    assert nothing_is_left(session)


def test_the_load_after_a_first_one_is_incremental(visits: Upstream) -> None:
    load(visits, full=False)

    assert load(visits, full=False).mode == "incremental"


def test_a_full_load_of_unchanged_visits_writes_nothing(visits: Upstream, session: Session) -> None:
    load(visits)
    before = versions(session, VISITS)

    loaded = load(visits)

    assert (loaded.mode, loaded.rows) == ("full", DAYS * ROWS)
    assert versions(session, VISITS) == before


def test_a_table_that_another_tool_has_filled_is_adopted(visits: Upstream, session: Session) -> None:
    load(visits)
    session.conn.execute("DELETE FROM conflict.load_watermark")
    visits.change("v11", updated=NOON)
    visits.remove("v22")
    before = versions(session, VISITS)

    merged = load(visits, full=False).merged

    assert (merged.inserted, merged.updated, merged.deleted) == (0, 1, 1)
    assert same(visits, session)
    assert watermark(session) == NOON
    after = versions(session, VISITS)
    assert len([name for name in after if after[name] == before[name]]) == DAYS * ROWS - 2


def test_an_interrupted_load_continues_with_the_next_slice(visits: Upstream, session: Session) -> None:
    interrupt(visits, at=3)
    while_broken = table_rows(session, VISITS), watermark(session), slices(session), staged(session)

    loaded = load(visits, full=False)

    assert while_broken == ([], None, [ROWS, ROWS, ROWS, None, None], 3 * ROWS)
    assert (loaded.mode, loaded.rows) == ("full", 2 * ROWS)  # complete slices are not read again
    assert loaded.merged.inserted == DAYS * ROWS
    assert same(visits, session)
    assert watermark(session) == NOON
    assert nothing_is_left(session)


def test_an_interrupted_full_load_is_continued_by_the_next_load(visits: Upstream, session: Session) -> None:
    load(visits)
    visits.remove("v00")
    before = versions(session, VISITS)
    interrupt(visits, at=4)
    assert versions(session, VISITS) == before

    loaded = load(visits, full=False)

    assert (loaded.mode, loaded.rows, loaded.merged.deleted) == ("full", ROWS, 1)
    assert same(visits, session)


def test_an_error_in_the_merge_costs_no_slice(visits: Upstream, session: Session) -> None:
    refuse(session, VISITS, "INSERT")
    with pytest.raises(psycopg.errors.RaiseException):
        load(visits)
    after_error = table_rows(session, VISITS), watermark(session), slices(session)
    allow(session)

    loaded = load(visits)

    assert after_error == ([], None, [ROWS] * DAYS)
    assert loaded.rows == 0
    assert same(visits, session)
    assert nothing_is_left(session)


def test_a_slice_that_fails_leaves_no_row(visits: Upstream, session: Session) -> None:
    spoil(visits, "v12")

    with pytest.raises(PipelineError, match="Nothing was changed"):
        load(visits)

    assert staged(session) == slices(session)[0] == ROWS


def test_changes_during_a_load_arrive_with_the_next_one(visits: Upstream, session: Session) -> None:
    interrupt(visits, at=2)
    now = datetime.now(UTC)
    visits.change("v00", updated=now)  # in a complete slice
    visits.change("v40", updated=now)
    visits.visit("v01x", day=day(0), updated=now)
    visits.visit("v99", day=day(99), updated=now)  # in no slice
    visits.move("v02", to=DELETED, updated=now)
    visits.move("v42", to=DELETED, updated=now)

    first = load(visits, full=False)
    reached = watermark(session)
    second = load(visits, full=False)

    assert (first.mode, second.mode) == ("full", "incremental")
    assert reached is not None
    assert reached < now  # so that the next load misses nothing
    assert same(visits, session)
    assert second.merged.inserted == 2
    assert second.merged.updated == 1
    assert second.merged.deleted == 1


def test_of_a_visit_in_two_slices_the_newest_row_is_loaded(visits: Upstream, session: Session) -> None:
    interrupt(visits, at=2)
    now = datetime.now(UTC)
    visits.run(f"""UPDATE {VISITS} SET "Visit Date" = '{day(4)}' WHERE "Visit Id" = 'v00'""")
    visits.change("v00", updated=now)

    loaded = load(visits, full=False)

    assert (loaded.merged.inserted, loaded.merged.repeated) == (DAYS * ROWS, 1)
    assert hours(session)["v00"] == 2
    assert same(visits, session)


def test_a_visit_that_moves_to_a_complete_slice_arrives_with_the_next_load(
    visits: Upstream, session: Session
) -> None:
    interrupt(visits, at=2)
    visits.run(f"""UPDATE {VISITS} SET "Visit Date" = '{day(0)}' WHERE "Visit Id" = 'v40'""")
    visits.change("v40", updated=datetime.now(UTC))

    for _ in range(2):
        load(visits, full=False)

    assert same(visits, session)


def test_a_time_of_change_in_the_future_does_not_hide_later_changes(
    visits: Upstream, session: Session
) -> None:
    visits.visit("future", updated=datetime(2999, 1, 1, tzinfo=UTC))

    load(visits)

    reached = watermark(session)
    assert reached is not None
    assert reached < datetime.now(UTC)


def test_visits_without_a_date_are_loaded(visits: Upstream, session: Session) -> None:
    for name in ("w1", "w2"):
        visits.visit(name, day=None, updated=NOON)

    load(visits)

    assert same(visits, session)


def test_a_table_whose_visits_all_lack_a_date_is_loaded(upstream: Upstream, session: Session) -> None:
    for name in ("w1", "w2"):
        upstream.visit(name, day=None, updated=NOON)

    assert load(upstream).rows == 2
    assert same(upstream, session)


@pytest.mark.parametrize("edge", [date.min, date.max], ids=str)
def test_visits_on_the_first_and_the_last_date_of_all_are_loaded(
    visits: Upstream, session: Session, edge: date
) -> None:
    visits.visit("edge", day=edge, updated=NOON)

    load(visits)

    assert same(visits, session)


def test_while_no_row_has_a_time_of_change_each_load_is_full(upstream: Upstream, session: Session) -> None:
    upstream.visit("v1", updated=None)

    modes = [load(upstream, full=False).mode for _ in range(2)]

    assert modes == ["full", "full"]
    assert watermark(session) is None
    assert same(upstream, session)


def test_rows_that_lose_their_time_of_change_leave_the_watermark(visits: Upstream, session: Session) -> None:
    load(visits)
    visits.run(f'UPDATE {VISITS} SET "Updated Datatimestamp" = NULL')

    load(visits)

    assert watermark(session) == NOON
    assert same(visits, session)


def test_an_empty_source_does_not_empty_a_table(visits: Upstream, session: Session) -> None:
    load(visits)
    before = versions(session, VISITS), watermark(session)
    visits.run(f"DELETE FROM {VISITS}")

    with pytest.raises(PipelineError, match="is empty in Snowflake but not in Postgres"):
        load(visits)

    assert (versions(session, VISITS), watermark(session)) == before
    assert nothing_is_left(session)


def test_a_source_that_is_emptied_after_planning_does_not_empty_a_table(
    visits: Upstream, session: Session
) -> None:
    load(visits)
    before = versions(session, VISITS)
    interrupt(visits, at=0)
    visits.run(f"DELETE FROM {VISITS}")

    with pytest.raises(PipelineError, match="is empty in Snowflake but not in Postgres"):
        load(visits)

    assert versions(session, VISITS) == before


def test_a_source_that_was_empty_for_a_while_is_loaded_once_it_is_filled(
    visits: Upstream, session: Session
) -> None:
    load(visits)
    visits.run(f"CREATE TABLE KEPT AS SELECT * FROM {VISITS}")
    interrupt(visits, at=0)
    visits.run(f"DELETE FROM {VISITS}")
    with pytest.raises(PipelineError, match="is empty in Snowflake but not in Postgres"):
        load(visits)
    visits.run(f"INSERT INTO {VISITS} SELECT * FROM KEPT")

    load(visits)

    assert same(visits, session)
    assert nothing_is_left(session)


def test_a_table_that_is_empty_in_both_databases_is_loaded(upstream: Upstream, session: Session) -> None:
    assert load(upstream).rows == 0
    assert watermark(session) is None


def test_a_running_load_is_not_disturbed_by_another(
    visits: Upstream, database: Postgres, session: Session
) -> None:
    interrupt(visits, at=2)
    with database.session("other") as other:
        assert lock_table(other, tables.get_table(VISITS))

        with pytest.raises(PipelineError, match="is running"):
            load(visits)

    assert slices(session) == [ROWS, ROWS, None, None, None]


def test_the_two_tables_of_visits_have_separate_plans(visits: Upstream, session: Session) -> None:
    visits.visit("d1", updated=NOON, table=DELETED)
    interrupt(visits, at=2)

    visits.load(DELETED)

    assert slices(session) == [ROWS, ROWS, None, None, None]
    assert staged(session) == 2 * ROWS
    assert load(visits, full=False).rows == 3 * ROWS
    assert same(visits, session)
