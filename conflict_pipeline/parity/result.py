"""The result of a comparison: counts, IDs, column names and classes, but never a value."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from conflict_pipeline.parity.known_differences import UNEXPECTED, classify
from conflict_pipeline.parity.row import Pair

# IDs kept for each finding. All rows are counted, but a list of millions of IDs is of no use.
MAX_IDS = 1_000
ONLY_IN_SNOWFLAKE = "only_in_snowflake"
ONLY_IN_POSTGRES = "only_in_postgres"


@dataclass
class Finding:
    """A number of rows, and the IDs of the first MAX_IDS of them."""

    rows: int = 0
    ids: list[int] = field(default_factory=list)

    def add(self, row_id: int) -> None:
        self.rows += 1
        if len(self.ids) < MAX_IDS:
            self.ids.append(row_id)


@dataclass
class Level:
    """The number of compared ranges of one width, and how many of them differ."""

    compared: int = 0
    differing: int = 0


@dataclass
class Parity:
    """The result for the whole table.

    `columns` has a finding for each column and class, in the order of the table's columns. `rows_moved` is
    the number of rows whose values were read from either system.
    """

    missing_columns: tuple[str, ...] = ()
    compared_columns: int = 0
    rows_in_snowflake: int = 0
    rows_in_postgres: int = 0
    ranges: Level = field(default_factory=Level)
    leaves: Level = field(default_factory=Level)
    rows_moved: int = 0
    only_in_snowflake: Finding = field(default_factory=Finding)
    only_in_postgres: Finding = field(default_factory=Finding)
    columns: dict[tuple[str, str], Finding] = field(default_factory=dict)
    differing_rows: int = 0
    unexpected_rows: int = 0
    seconds: float = 0

    def add_only_in_snowflake(self, row_id: int) -> None:
        self.only_in_snowflake.add(row_id)
        self.unexpected_rows += 1

    def add_only_in_postgres(self, row_id: int) -> None:
        self.only_in_postgres.add(row_id)
        self.unexpected_rows += 1

    def add_difference(self, row_id: int, columns: list[str], pair: Pair) -> None:
        """Count a row that differs in these columns."""
        classes = {column: classify(pair, column) for column in columns}
        for key in classes.items():
            self.columns.setdefault(key, Finding()).add(row_id)
        self.differing_rows += 1
        self.unexpected_rows += UNEXPECTED in classes.values()

    def findings(self) -> Iterator[tuple[str, str, Finding]]:
        """Yield column, class and finding; rows that only one system has come first, with an empty column."""
        for name, finding in (
            (ONLY_IN_SNOWFLAKE, self.only_in_snowflake),
            (ONLY_IN_POSTGRES, self.only_in_postgres),
        ):
            if finding.rows:
                yield "", name, finding
        for (column, name), finding in self.columns.items():
            yield column, name, finding
