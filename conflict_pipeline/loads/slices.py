"""Slices of a first or full load: ranges of visit dates, planned once and loaded one by one.

The plan is kept in conflict.load_slice, and the rows that have arrived in the table's unlogged staging table,
so that a load that was interrupted continues with the first slice that is not complete.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg import sql

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session


@dataclass(frozen=True)
class Slice:
    """Visit dates from `from_date` to `to_date`, both inclusive; with `undated`, also rows without a date.

    `rows` is the number of rows when the slice was planned.
    """

    from_date: date
    to_date: date
    undated: bool
    rows: int


@dataclass(frozen=True)
class PlannedSlice(Slice):
    """A slice of a plan. `planned_at` is Snowflake's time; `loaded_rows` is None until it is complete."""

    number: int
    planned_at: datetime
    loaded_rows: int | None


def group_dates(counts: Iterable[tuple[date | None, int]], max_rows: int) -> list[Slice]:
    """Group dates, given in order with their numbers of rows, into consecutive slices of `max_rows` rows.

    Together the slices cover every day from the first date to the last, because rows may be added before they
    are loaded. The first one takes the rows without a date. A date with more rows is a slice of its own.
    """
    counts = list(counts)
    undated = sum(rows for day, rows in counts if day is None)
    days = [(day, rows) for day, rows in counts if day is not None]
    if not days and undated:
        days = [(date(1970, 1, 1), 0)]
    slices: list[Slice] = []
    for day, rows in days:
        last = slices[-1] if slices else None
        if last is None:
            slices.append(Slice(day, day, undated > 0, rows + undated))
        elif last.rows + rows <= max_rows:
            slices[-1] = Slice(last.from_date, day, last.undated, last.rows + rows)
        else:
            slices.append(Slice(last.to_date + timedelta(days=1), day, undated=False, rows=rows))
    return slices


class SlicePlan:
    """The plan of a table's first or full load that has not ended; `stage` is its staging table."""

    def __init__(self, session: Session, table: tables.Table) -> None:
        self._session = session
        self._named = {"table_name": table.name}
        self.stage = sql.Identifier(session.schema_names[table.schema], tables.staging_name(table.name))

    def slices(self) -> list[PlannedSlice]:
        """Return all slices in order; none if no such load is in progress."""
        return [
            PlannedSlice(
                row["from_date"],
                row["to_date"],
                row["undated"],
                row["expected_rows"],
                row["slice_number"],
                row["planned_at"],
                row["loaded_rows"],
            )
            for row in self._session.rows("loads/select_slices", self._named)
        ]

    def replace(self, slices: Iterable[Slice], planned_at: datetime) -> None:
        """Plan these slices, none of which is complete, in one transaction."""
        with self._session.transaction():
            self.clear()
            for number, part in enumerate(slices):
                values = {
                    **self._named,
                    "slice_number": number,
                    "from_date": part.from_date,
                    "to_date": part.to_date,
                    "undated": part.undated,
                    "planned_at": planned_at,
                    "expected_rows": part.rows,
                }
                self._session.execute("loads/insert_slice", values)

    def complete(self, part: PlannedSlice, rows: int) -> None:
        """Record the rows of a slice, in the transaction that has copied them."""
        values = {**self._named, "slice_number": part.number, "loaded_rows": rows}
        self._session.execute("loads/update_slice", values)

    def clear(self) -> None:
        """Remove the plan and empty the staging table."""
        self._session.conn.execute(sql.SQL("TRUNCATE {}").format(self.stage))
        self._session.execute("loads/delete_slices", self._named)
