"""What a comparison found: numbers, IDs, names of columns and classes. Never a value."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from conflict_pipeline.parity.known_differences import UNEXPECTED, classify
from conflict_pipeline.parity.row import Pair

# IDs that are kept of each finding. Rows are counted without end, but nobody reads millions of IDs.
MAX_IDS = 1_000
ONLY_THERE = "only_in_snowflake"
ONLY_HERE = "only_in_postgres"


@dataclass
class Finding:
    """So many rows, and the IDs of the first of them."""

    rows: int = 0
    ids: list[int] = field(default_factory=list)

    def add(self, row_id: int) -> None:
        self.rows += 1
        if len(self.ids) < MAX_IDS:
            self.ids.append(row_id)


@dataclass
class Level:
    """Of one width: ranges that were compared, and those of them that differ."""

    compared: int = 0
    differing: int = 0


@dataclass
class Parity:
    """Both tables compared.

    `columns` has a finding for each column and class, in the order of the table's columns. `rows_moved`
    counts the rows whose values left their system, of both together.
    """

    missing_columns: tuple[str, ...] = ()
    compared_columns: int = 0
    rows_there: int = 0
    rows_here: int = 0
    ranges: Level = field(default_factory=Level)
    leaves: Level = field(default_factory=Level)
    rows_moved: int = 0
    only_there: Finding = field(default_factory=Finding)
    only_here: Finding = field(default_factory=Finding)
    columns: dict[tuple[str, str], Finding] = field(default_factory=dict)
    differing_rows: int = 0
    unexpected_rows: int = 0
    seconds: float = 0

    def add_only_there(self, row_id: int) -> None:
        self.only_there.add(row_id)
        self.unexpected_rows += 1

    def add_only_here(self, row_id: int) -> None:
        self.only_here.add(row_id)
        self.unexpected_rows += 1

    def add_difference(self, row_id: int, columns: list[str], pair: Pair) -> None:
        """The row differs in these columns."""
        classes = {column: classify(pair, column) for column in columns}
        for key in classes.items():
            self.columns.setdefault(key, Finding()).add(row_id)
        self.differing_rows += 1
        self.unexpected_rows += UNEXPECTED in classes.values()

    def findings(self) -> Iterator[tuple[str, str, Finding]]:
        """Column, class and finding, if there is any; rows on one side only first, without a column."""
        for name, finding in ((ONLY_THERE, self.only_there), (ONLY_HERE, self.only_here)):
            if finding.rows:
                yield "", name, finding
        for (column, name), finding in self.columns.items():
            yield column, name, finding
