"""Slices: dates grouped into ranges that leave no day out, and the plan of a load that can be continued."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflict_pipeline.loads.slices import Slice, SlicePlan, group_dates
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY

ONE_DAY = timedelta(days=1)
SECOND = DAY + ONE_DAY
MUCH_LATER = DAY + 400 * ONE_DAY
EPOCH = date(1970, 1, 1)
PLANNED = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
SLICES = [
    Slice(date.min, DAY, undated=True, rows=2**63 - 1),
    Slice(SECOND, MUCH_LATER, undated=False, rows=0),
    Slice(MUCH_LATER + ONE_DAY, date.max, undated=False, rows=1),
]
Days = dict[date | None, int]


def group(days: Days, max_rows: int) -> list[Slice]:
    """Group dates as the source counts them: in order, rows without a date first."""
    return group_dates(sorted(days.items(), key=lambda item: (item[0] is not None, item[0] or DAY)), max_rows)


@pytest.mark.parametrize(
    ("days", "max_rows", "expected"),
    [
        ({}, 5, []),
        ({None: 3}, 1, [(EPOCH, EPOCH, True, 3)]),
        ({DAY: 9}, 1, [(DAY, DAY, False, 9)]),
        ({DAY: 2, SECOND: 3}, 5, [(DAY, SECOND, False, 5)]),
        ({DAY: 2, SECOND: 3}, 4, [(DAY, DAY, False, 2), (SECOND, SECOND, False, 3)]),
        ({DAY: 1, MUCH_LATER: 1}, 2, [(DAY, MUCH_LATER, False, 2)]),
        ({DAY: 1, MUCH_LATER: 1}, 1, [(DAY, DAY, False, 1), (SECOND, MUCH_LATER, False, 1)]),
        ({None: 4, DAY: 1, SECOND: 1}, 5, [(DAY, DAY, True, 5), (SECOND, SECOND, False, 1)]),
        ({None: 1, date.min: 1, date.max: 1}, 9, [(date.min, date.max, True, 3)]),
    ],
)
def test_dates_are_grouped_up_to_the_largest_number_of_rows(
    days: Days, max_rows: int, expected: list[tuple[date, date, bool, int]]
) -> None:
    assert group(days, max_rows) == [Slice(*values) for values in expected]


dates = st.none() | st.integers(0, 8).map(lambda days: DAY + days * ONE_DAY) | st.dates()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(days=st.dictionaries(dates, st.integers(1, 4), max_size=6), max_rows=st.integers(1, 8))
def test_slices_cover_every_day_between_the_first_and_the_last_once(days: Days, max_rows: int) -> None:
    slices = group(days, max_rows)

    dated = [day for day in days if day]
    assert all(part.from_date <= part.to_date for part in slices)
    assert all(last.to_date + ONE_DAY == part.from_date for last, part in pairwise(slices))
    if dated:
        assert (slices[0].from_date, slices[-1].to_date) == (min(dated), max(dated))
    assert [part.undated for part in slices] == [index == 0 and None in days for index in range(len(slices))]
    for part in slices:
        within = [day for day in dated if part.from_date <= day <= part.to_date]
        undated = days.get(None, 0) if part.undated else 0
        assert part.rows == sum(days[day] for day in within) + undated
        assert part.rows <= max_rows or len(within) <= 1


@pytest.fixture
def plan(scratch: Session) -> SlicePlan:
    return SlicePlan(scratch, tables.get_table(tables.STAGED_TABLES[0]))


def test_a_plan_is_read_as_it_was_made_and_completed(plan: SlicePlan) -> None:
    plan.replace(SLICES, PLANNED)
    plan.complete(plan.slices()[1], 2**40)

    found = plan.slices()

    assert [Slice(part.from_date, part.to_date, part.undated, part.rows) for part in found] == SLICES
    assert [part.planned_at for part in found] == [PLANNED] * 3
    assert [part.loaded_rows for part in found] == [None, 2**40, None]


def test_a_new_plan_replaces_the_old_one_and_its_rows_only(plan: SlicePlan, scratch: Session) -> None:
    other = SlicePlan(scratch, tables.get_table(tables.STAGED_TABLES[1]))
    for each in (plan, other):
        each.replace(SLICES, PLANNED)
        each.complete(each.slices()[0], 1)
        scratch.conn.execute(f"INSERT INTO {each.stage.as_string()} (\"Visit Id\") VALUES ('v1')")

    plan.replace(SLICES[1:], PLANNED)

    assert [part.loaded_rows for part in plan.slices()] == [None, None]
    assert [part.loaded_rows for part in other.slices()] == [1, None, None]
    counts = [
        scratch.conn.execute(f"SELECT FROM {each.stage.as_string()}").rowcount for each in (plan, other)
    ]
    assert counts == [0, 1]


def test_a_crash_of_the_server_empties_plans_and_staging_tables_alike(scratch: Session) -> None:
    """Otherwise a load would take slices for complete whose rows are lost."""
    rows = scratch.conn.execute(
        "SELECT relname, relpersistence FROM pg_class"
        " WHERE relname ~ '_staging$|^load_slice' AND relkind IN ('r', 'i')"
    ).fetchall()

    assert {row["relpersistence"] for row in rows} == {"u"}
    staging = {tables.staging_name(name) for name in tables.STAGED_TABLES}
    assert {"load_slice", "load_slice_pkey", *staging} <= {row["relname"] for row in rows}
