"""The comparison: hashes of ranges, then of the leaves in those that differ, then the rows of such leaves.

It takes some ranges at a time: neither a statement's time nor what is in memory, but for the list of ranges,
grows with the table or with what differs.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from conflict_pipeline.parity.columns import Columns, ignored_columns, shared, types_here
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.parity.row import Pair, number
from conflict_pipeline.parity.sides import (
    Count,
    PostgresSide,
    Range,
    Row,
    Side,
    SnowflakeSide,
    column_names_there,
)
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline.snowflake.account import Snowflake
from conflict_pipeline.snowflake.session import SnowflakeSession

Log = Callable[[str], None]

# Ranges whose hashes are compared at a time, and differing leaves whose rows are.
_RANGES_AT_A_TIME = 50
_LEAVES_AT_A_TIME = 100

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


def _compare_tables(session: Session, snowflake: SnowflakeSession, settings: Settings, log: Log) -> Parity:
    started = time.monotonic()
    names = column_names_there(snowflake, settings)
    ignored = ignored_columns(settings.parity_ignored_columns)
    columns = shared(types_here(session), names, ignored)
    with session.transaction():
        session.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The transaction idles while Snowflake answers. That blocks no other session because it only reads.
        session.conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        there, here = SnowflakeSide(snowflake, columns, settings), PostgresSide(session, columns)
        parity = compare_sides(there, here, columns, log)
    parity.seconds = time.monotonic() - started
    return parity


def compare_sides(there: Side, here: Side, columns: Columns, log: Log) -> Parity:
    """Compare two tables, whatever they are in."""
    parity = Parity(columns.missing, len(columns.compared))
    counts = [_count(parity, one, other) for one, other in _side_by_side(there.counts(), here.counts())]
    log(f"Rows: {parity.rows_there:,} in Snowflake, {parity.rows_here:,} in Postgres.")
    done = 0
    for some in _batches(counts, _RANGES_AT_A_TIME):
        _compare_ranges(there, here, columns, parity, some)
        done += len(some)
        log(
            f"{done:,} of {len(counts):,} ranges compared: {parity.ranges.differing:,} differ, in "
            f"{parity.differing_rows:,} rows; {parity.unexpected_rows:,} rows unexpectedly."
        )
    for finding in (parity.only_there, parity.only_here):
        finding.ids.sort()
    # In the order of the table, whichever differs first.
    order = {column.here: place for place, column in enumerate(columns.compared)}
    parity.columns = dict(sorted(parity.columns.items(), key=lambda item: (order[item[0][0]], item[0][1])))
    return parity


def _count(parity: Parity, there: Count | None, here: Count | None) -> tuple[int, bool]:
    """The start of the range, and whether both have as many rows in it."""
    parity.rows_there += there.rows if there else 0
    parity.rows_here += here.rows if here else 0
    either = there or here
    assert either is not None
    return either.start, there == here


def _compare_ranges(
    there: Side, here: Side, columns: Columns, parity: Parity, ranges: list[tuple[int, bool]]
) -> None:
    parity.ranges.compared += len(ranges)
    alike = [start for start, is_alike in ranges if is_alike]
    differing = [start for start, is_alike in ranges if not is_alike]
    if alike:
        hashes = _side_by_side(there.ranges(alike), here.ranges(alike))
        differing += [_start(one, other) for one, other in hashes if one != other]
    parity.ranges.differing += len(differing)
    if differing:
        _compare_leaves(there, here, columns, parity, sorted(differing))


def _compare_leaves(there: Side, here: Side, columns: Columns, parity: Parity, starts: list[int]) -> None:
    both: list[int] = []
    only_there: list[int] = []
    only_here: list[int] = []
    for one, other in _side_by_side(there.leaves(starts), here.leaves(starts)):
        parity.leaves.compared += 1
        if one != other:
            parity.leaves.differing += 1
            (both if one and other else only_there if one else only_here).append(_start(one, other))
    for some in _batches(both, _LEAVES_AT_A_TIME):
        _compare_rows(there.rows(some), here.rows(some), columns, parity)
    # Of what is on one side only, nothing but the IDs need leave it.
    for some in _batches(only_there, _LEAVES_AT_A_TIME):
        for row_id, _ in there.rows(some, only_ids=True):
            parity.add_only_there(row_id)
    for some in _batches(only_here, _LEAVES_AT_A_TIME):
        for row_id, _ in here.rows(some, only_ids=True):
            parity.add_only_here(row_id)


def _start(there: Range | None, here: Range | None) -> int:
    either = there or here
    assert either is not None
    return either.start


def _compare_rows(there: Iterator[Row], here: Iterator[Row], columns: Columns, parity: Parity) -> None:
    for one, other in _side_by_side(there, here):
        parity.rows_moved += (one is not None) + (other is not None)
        if one is None:
            assert other is not None
            parity.add_only_here(other[0])
        elif other is None:
            # So does a second row of the same ID, which Snowflake does not forbid.
            parity.add_only_there(one[0])
        elif one[1] != other[1]:
            _compare_values(one, other, columns, parity)


def _compare_values(there: Row, here: Row, columns: Columns, parity: Parity) -> None:
    values_there: dict[str, str | None] = {}
    values_here: dict[str, str | None] = {}
    differing = []
    for column, one, other in zip(columns.compared, there[1], here[1], strict=True):
        # A number is what it is, however it is spelled.
        same = one == other or (column.kind == "number" and _are_one_number(one, other))
        values_there[column.here], values_here[column.here] = other if same else one, other
        if not same:
            differing.append(column.here)
    if differing:
        parity.add_difference(here[0], differing, Pair(values_there, values_here))


def _are_one_number(one: str | None, other: str | None) -> bool:
    first = number(one)
    return first is not None and first == number(other)


def _side_by_side(
    there: Iterable[_Keyed], here: Iterable[_Keyed]
) -> Iterator[tuple[_Keyed | None, _Keyed | None]]:
    """Two series in the order of their first element: what has the same one together, the rest alone."""
    left, right = iter(there), iter(here)
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
