"""The comparison without databases: two tables in memory that record what is read from them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import pytest

from conflict_pipeline.parity.columns import Column, Columns
from conflict_pipeline.parity.compare import compare_sides
from conflict_pipeline.parity.result import MAX_IDS, Level, Parity
from conflict_pipeline.parity.sides import LEAF_WIDTH, RANGE_WIDTH, Count, Range, Row

COLUMNS = Columns(
    Column("ID", "ID", "number"),
    (Column("Rate", "RATE", "number", 2), Column("SSN", "SSN", "text")),
    missing=("Lacking",),
)


class Table:
    """A side in memory; its lists hold the number of ranges or leaves in each request."""

    def __init__(self, rows: Mapping[int, tuple[str | None, ...]]) -> None:
        self._rows = dict(sorted(rows.items()))
        self.ranges_requested: list[int] = []
        self.leaves_requested: list[int] = []
        self.rows_requested: list[int] = []
        self.ids_requested: list[int] = []

    def counts(self) -> Iterator[Count]:
        every = {row_id // RANGE_WIDTH * RANGE_WIDTH for row_id in self._rows}
        return (Count(found.start, found.rows) for found in self._hashed(RANGE_WIDTH, every))

    def ranges(self, starts: Sequence[int]) -> Iterator[Range]:
        self.ranges_requested.append(len(starts))
        return self._hashed(RANGE_WIDTH, starts)

    def leaves(self, starts: Sequence[int]) -> Iterator[Range]:
        self.leaves_requested.append(len(starts))
        return self._hashed(LEAF_WIDTH, starts)

    def rows(self, starts: Sequence[int], *, only_ids: bool = False) -> Iterator[Row]:
        (self.ids_requested if only_ids else self.rows_requested).append(len(starts))
        wanted = set(starts)
        for row_id, texts in self._rows.items():
            if row_id // LEAF_WIDTH * LEAF_WIDTH in wanted:
                yield row_id, () if only_ids else texts

    def _hashed(self, width: int, starts: Collection[int]) -> Iterator[Range]:
        wanted = ((i, texts) for i, texts in self._rows.items() if i // RANGE_WIDTH * RANGE_WIDTH in starts)
        for start, rows in groupby(wanted, lambda row: row[0] // width * width):
            content = list(rows)
            yield Range(start, len(content), str(content))


def compared(snowflake: Table, postgres: Table) -> Parity:
    return compare_sides(snowflake, postgres, COLUMNS, lambda _: None)


def test_if_everything_differs_it_is_read_in_batches_and_counted_completely() -> None:
    ids = [
        start + number for start in range(0, 120 * RANGE_WIDTH, RANGE_WIDTH) for number in range(0, 300, 2)
    ]
    snowflake, postgres = (Table(dict.fromkeys(ids, ("1", ssn))) for ssn in ("a", "b"))

    parity = compared(snowflake, postgres)

    assert parity.ranges == Level(120, 120)
    assert parity.leaves == Level(360, 360)
    assert snowflake.ranges_requested == postgres.ranges_requested == [50, 50, 20]
    assert snowflake.leaves_requested == postgres.leaves_requested == [50, 50, 20]
    assert snowflake.rows_requested == postgres.rows_requested == [100, 50, 100, 50, 60]
    finding = parity.columns["SSN", "unexpected"]
    assert finding.rows == parity.unexpected_rows == len(ids)
    assert finding.ids == ids[:MAX_IDS]
    assert parity.rows_moved == 2 * len(ids)


def test_only_differing_ranges_are_divided() -> None:
    ids = range(0, 60 * RANGE_WIDTH, 1_000)
    snowflake, postgres = (
        Table(dict.fromkeys(ids, ("1", "a"))),
        Table(dict.fromkeys(ids, ("1", "a")) | {51_000: ("1", "b")}),
    )

    parity = compared(snowflake, postgres)

    assert parity.columns["SSN", "unexpected"].ids == [51_000]
    assert snowflake.ranges_requested == [50, 10]
    assert (snowflake.leaves_requested, snowflake.rows_requested) == ([1], [1])
    assert (parity.ranges, parity.leaves) == (Level(60, 1), Level(10, 1))
    assert parity.rows_moved == 2


def test_only_ids_are_read_of_rows_that_one_side_has_alone() -> None:
    snowflake, postgres = Table({1: ("1", "a"), 250: ("1", "a")}), Table({1: ("1", "a"), 20_000: ("1", "a")})

    parity = compared(snowflake, postgres)

    assert (parity.only_in_snowflake.ids, parity.only_in_postgres.ids) == ([250], [20_000])
    # Ranges with different numbers of rows differ anyway, so their hashes are not needed.
    assert snowflake.ranges_requested == []
    assert (snowflake.rows_requested, postgres.rows_requested) == ([], [])
    assert (snowflake.ids_requested, postgres.ids_requested) == ([1], [1])
    assert parity.rows_moved == 0
    assert parity.unexpected_rows == 2


@pytest.mark.parametrize(
    ("snowflake", "postgres", "differs"),
    [
        (("1.5", "a"), ("1.50", "a"), False),
        (("-0", "a"), ("0.00", "a"), False),
        (("1.5", "a"), ("1.51", "a"), True),
        (("0", "a"), (None, "a"), True),
        (("NaN", "a"), ("NaN", "a"), False),
        (("1", "1.5"), ("1", "1.50"), True),
        (("1", ""), ("1", None), True),
    ],
)
def test_values_decide_about_differences_and_hashes_do_not(
    snowflake: tuple[str | None, ...], postgres: tuple[str | None, ...], differs: bool
) -> None:
    parity = compared(Table({1: snowflake}), Table({1: postgres}))

    assert parity.differing_rows == differs
    assert bool(parity.columns) is differs


def test_a_row_that_differs_in_several_columns_counts_once() -> None:
    parity = compared(Table({1: ("1", "a")}), Table({1: ("2", "b")}))

    assert list(parity.columns) == [("Rate", "unexpected"), ("SSN", "unexpected")]
    assert (parity.differing_rows, parity.unexpected_rows) == (1, 1)


def test_findings_are_in_the_order_of_the_table() -> None:
    parity = compared(Table({1: ("1", "a"), 2: ("1", "a")}), Table({1: ("1", "b"), 2: ("2", "a")}))

    assert [column for column, *_ in parity.findings()] == ["Rate", "SSN"]


def test_the_result_names_missing_columns_and_counts_compared_ones() -> None:
    parity = compared(Table({}), Table({}))

    assert (parity.missing_columns, parity.compared_columns) == (("Lacking",), 2)
