"""The comparison: hashes of ranges, then of leaves in differing ranges, then rows of differing leaves.

It handles a fixed number of ranges at a time. So neither the duration of a statement nor, apart from the list
of ranges, the memory grows with the table or with the number of differences.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from conflict_pipeline.parity.columns import Columns, ignored_columns, match_columns, postgres_types
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.parity.row import Pair, number
from conflict_pipeline.parity.sides import (
    Count,
    PostgresSide,
    Range,
    Row,
    Side,
    SnowflakeSide,
    snowflake_column_names,
)
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.account import Snowflake
from conflict_pipeline.snowflake.session import SnowflakeSession

Log = Callable[[str], None]

# Ranges whose hashes, and leaves whose rows, are compared at a time.
_RANGES_PER_BATCH = 50
_LEAVES_PER_BATCH = 100

_Keyed = TypeVar("_Keyed", Count, Range, Row)
_Item = TypeVar("_Item")


def compare(postgres: Postgres, snowflake: Snowflake, log: Log) -> Parity:
    """Compare `conflictvisitmaps` in the two systems; pass lines about the progress to `log`.

    Postgres is read as of one moment. Snowflake is read statement by statement, so a row that changes during
    the comparison may be compared as it was before or after the change. Raises PipelineError if a system
    cannot be reached or its table cannot be compared.
    """
    with postgres.session("parity") as session, snowflake.session("parity") as snowflake_session:
        return _compare_tables(session, snowflake_session, postgres.settings, log)


def _compare_tables(
    session: Session, snowflake_session: SnowflakeSession, settings: Settings, log: Log
) -> Parity:
    started = time.monotonic()
    names = snowflake_column_names(snowflake_session, settings)
    ignored = ignored_columns(settings.parity_ignored_columns)
    columns = match_columns(postgres_types(session), names, ignored)
    with session.transaction():
        session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The transaction idles while Snowflake answers. That blocks no other session because it only reads.
        session.conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        snowflake = SnowflakeSide(snowflake_session, columns, settings)
        parity = compare_sides(snowflake, PostgresSide(session, columns), columns, log)
    parity.seconds = time.monotonic() - started
    return parity


def compare_sides(snowflake: Side, postgres: Side, columns: Columns, log: Log) -> Parity:
    """Compare the two sides of a table."""
    parity = Parity(columns.missing, len(columns.compared))
    counts = [
        _count(parity, one, other) for one, other in _side_by_side(snowflake.counts(), postgres.counts())
    ]
    log(f"Rows: {parity.rows_in_snowflake:,} in Snowflake, {parity.rows_in_postgres:,} in Postgres.")
    done = 0
    for some in _batches(counts, _RANGES_PER_BATCH):
        _compare_ranges(snowflake, postgres, columns, parity, some)
        done += len(some)
        log(
            f"{done:,} of {len(counts):,} ranges compared, {parity.ranges.differing:,} differ. "
            f"Differing rows: {parity.differing_rows:,}; unexpected: {parity.unexpected_rows:,}."
        )
    for finding in (parity.only_in_snowflake, parity.only_in_postgres):
        finding.ids.sort()
    # Findings come in the order of the table's columns, whichever was found first.
    order = {column.name: place for place, column in enumerate(columns.compared)}
    parity.columns = dict(sorted(parity.columns.items(), key=lambda item: (order[item[0][0]], item[0][1])))
    return parity


def _count(parity: Parity, snowflake: Count | None, postgres: Count | None) -> tuple[int, bool]:
    """Add the rows of a range; return its start and whether both sides have equally many rows in it."""
    parity.rows_in_snowflake += snowflake.rows if snowflake else 0
    parity.rows_in_postgres += postgres.rows if postgres else 0
    either = snowflake or postgres
    assert either is not None
    return either.start, snowflake == postgres


def _compare_ranges(
    snowflake: Side, postgres: Side, columns: Columns, parity: Parity, ranges: list[tuple[int, bool]]
) -> None:
    parity.ranges.compared += len(ranges)
    alike = [start for start, is_alike in ranges if is_alike]
    differing = [start for start, is_alike in ranges if not is_alike]
    if alike:
        hashes = _side_by_side(snowflake.ranges(alike), postgres.ranges(alike))
        differing += [_start(one, other) for one, other in hashes if one != other]
    parity.ranges.differing += len(differing)
    if differing:
        _compare_leaves(snowflake, postgres, columns, parity, sorted(differing))


def _compare_leaves(
    snowflake: Side, postgres: Side, columns: Columns, parity: Parity, starts: list[int]
) -> None:
    both: list[int] = []
    only_snowflake: list[int] = []
    only_postgres: list[int] = []
    for one, other in _side_by_side(snowflake.leaves(starts), postgres.leaves(starts)):
        parity.leaves.compared += 1
        if one != other:
            parity.leaves.differing += 1
            (both if one and other else only_snowflake if one else only_postgres).append(_start(one, other))
    for some in _batches(both, _LEAVES_PER_BATCH):
        _compare_rows(snowflake.rows(some), postgres.rows(some), columns, parity)
    # For rows that only one side has, the IDs are enough.
    for some in _batches(only_snowflake, _LEAVES_PER_BATCH):
        for row_id, _ in snowflake.rows(some, only_ids=True):
            parity.add_only_in_snowflake(row_id)
    for some in _batches(only_postgres, _LEAVES_PER_BATCH):
        for row_id, _ in postgres.rows(some, only_ids=True):
            parity.add_only_in_postgres(row_id)


def _start(snowflake: Range | None, postgres: Range | None) -> int:
    either = snowflake or postgres
    assert either is not None
    return either.start


def _compare_rows(
    snowflake: Iterator[Row], postgres: Iterator[Row], columns: Columns, parity: Parity
) -> None:
    for one, other in _side_by_side(snowflake, postgres):
        parity.rows_moved += (one is not None) + (other is not None)
        if one is None:
            assert other is not None
            parity.add_only_in_postgres(other[0])
        elif other is None:
            # This includes a second row with the same ID, which Snowflake does not prevent.
            parity.add_only_in_snowflake(one[0])
        elif one[1] != other[1]:
            _compare_values(one, other, columns, parity)


def _compare_values(snowflake: Row, postgres: Row, columns: Columns, parity: Parity) -> None:
    snowflake_values: dict[str, str | None] = {}
    postgres_values: dict[str, str | None] = {}
    differing = []
    for column, one, other in zip(columns.compared, snowflake[1], postgres[1], strict=True):
        # Two spellings of the same number are equal.
        same = one == other or (column.kind == "number" and _are_one_number(one, other))
        snowflake_values[column.name], postgres_values[column.name] = other if same else one, other
        if not same:
            differing.append(column.name)
    if differing:
        parity.add_difference(postgres[0], differing, Pair(snowflake_values, postgres_values))


def _are_one_number(one: str | None, other: str | None) -> bool:
    first = number(one)
    return first is not None and first == number(other)


def _side_by_side(
    snowflake: Iterable[_Keyed], postgres: Iterable[_Keyed]
) -> Iterator[tuple[_Keyed | None, _Keyed | None]]:
    """Merge two series sorted by their first element: equal ones as a pair, others paired with None."""
    left, right = iter(snowflake), iter(postgres)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            yield one, None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _batches(items: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
