"""The comparison by itself, of two tables in memory that say what they were asked for."""

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
    """A side; the lists have how many ranges or leaves each request was for."""

    def __init__(self, rows: Mapping[int, tuple[str | None, ...]]) -> None:
        self._rows = dict(sorted(rows.items()))
        self.ranges_asked: list[int] = []
        self.leaves_asked: list[int] = []
        self.rows_asked: list[int] = []
        self.ids_asked: list[int] = []

    def counts(self) -> Iterator[Count]:
        every = {row_id // RANGE_WIDTH * RANGE_WIDTH for row_id in self._rows}
        return (Count(found.start, found.rows) for found in self._hashed(RANGE_WIDTH, every))

    def ranges(self, starts: Sequence[int]) -> Iterator[Range]:
        self.ranges_asked.append(len(starts))
        return self._hashed(RANGE_WIDTH, starts)

    def leaves(self, starts: Sequence[int]) -> Iterator[Range]:
        self.leaves_asked.append(len(starts))
        return self._hashed(LEAF_WIDTH, starts)

    def rows(self, starts: Sequence[int], *, only_ids: bool = False) -> Iterator[Row]:
        (self.ids_asked if only_ids else self.rows_asked).append(len(starts))
        wanted = set(starts)
        for row_id, texts in self._rows.items():
            if row_id // LEAF_WIDTH * LEAF_WIDTH in wanted:
                yield row_id, () if only_ids else texts

    def _hashed(self, width: int, starts: Collection[int]) -> Iterator[Range]:
        wanted = ((i, texts) for i, texts in self._rows.items() if i // RANGE_WIDTH * RANGE_WIDTH in starts)
        for start, rows in groupby(wanted, lambda row: row[0] // width * width):
            content = list(rows)
            yield Range(start, len(content), str(content))


def compared(there: Table, here: Table) -> Parity:
    return compare_sides(there, here, COLUMNS, lambda _: None)


def test_where_everything_differs_it_is_read_piece_by_piece_and_counted_in_full() -> None:
    ids = [
        start + number for start in range(0, 120 * RANGE_WIDTH, RANGE_WIDTH) for number in range(0, 300, 2)
    ]
    there, here = (Table(dict.fromkeys(ids, ("1", ssn))) for ssn in ("a", "b"))

    parity = compared(there, here)

    assert parity.ranges == Level(120, 120)
    assert parity.leaves == Level(360, 360)
    assert there.ranges_asked == here.ranges_asked == [50, 50, 20]
    assert there.leaves_asked == here.leaves_asked == [50, 50, 20]
    assert there.rows_asked == here.rows_asked == [100, 50, 100, 50, 60]
    finding = parity.columns["SSN", "unexpected"]
    assert finding.rows == parity.unexpected_rows == len(ids)
    assert finding.ids == ids[:MAX_IDS]
    assert parity.rows_moved == 2 * len(ids)


def test_only_ranges_that_differ_are_looked_into() -> None:
    ids = range(0, 60 * RANGE_WIDTH, 1_000)
    there, here = (
        Table(dict.fromkeys(ids, ("1", "a"))),
        Table(dict.fromkeys(ids, ("1", "a")) | {51_000: ("1", "b")}),
    )

    parity = compared(there, here)

    assert parity.columns["SSN", "unexpected"].ids == [51_000]
    assert there.ranges_asked == [50, 10]
    assert (there.leaves_asked, there.rows_asked) == ([1], [1])
    assert (parity.ranges, parity.leaves) == (Level(60, 1), Level(10, 1))
    assert parity.rows_moved == 2


def test_of_what_is_on_one_side_only_the_ids_are_read() -> None:
    there, here = Table({1: ("1", "a"), 250: ("1", "a")}), Table({1: ("1", "a"), 20_000: ("1", "a")})

    parity = compared(there, here)

    assert (parity.only_there.ids, parity.only_here.ids) == ([250], [20_000])
    # As the numbers of rows differ, the hashes must.
    assert there.ranges_asked == []
    assert (there.rows_asked, here.rows_asked) == ([], [])
    assert (there.ids_asked, here.ids_asked) == ([1], [1])
    assert parity.rows_moved == 0
    assert parity.unexpected_rows == 2


@pytest.mark.parametrize(
    ("there", "here", "differs"),
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
def test_what_differs_is_decided_by_values_and_not_by_hashes(
    there: tuple[str | None, ...], here: tuple[str | None, ...], differs: bool
) -> None:
    parity = compared(Table({1: there}), Table({1: here}))

    assert parity.differing_rows == differs
    assert bool(parity.columns) is differs


def test_a_row_counts_once_in_how_many_columns_it_may_differ() -> None:
    parity = compared(Table({1: ("1", "a")}), Table({1: ("2", "b")}))

    assert list(parity.columns) == [("Rate", "unexpected"), ("SSN", "unexpected")]
    assert (parity.differing_rows, parity.unexpected_rows) == (1, 1)


def test_findings_are_in_the_order_of_the_table() -> None:
    parity = compared(Table({1: ("1", "a"), 2: ("1", "a")}), Table({1: ("1", "b"), 2: ("2", "a")}))

    assert [column for column, *_ in parity.findings()] == ["Rate", "SSN"]


def test_missing_columns_and_the_number_of_the_others_are_told() -> None:
    parity = compared(Table({}), Table({}))

    assert (parity.missing_columns, parity.compared_columns) == (("Lacking",), 2)
