"""Synthetic sample data: everything that a cycle needs, and the numbers that it must find.

All people are invented: names are random, and SSNs come from the range that is never issued. The same size
and `today` give the same data, byte for byte. Most days are ordinary; some rows are awkward (awkward.py).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from random import Random

from psycopg import sql

from conflict_pipeline.devtools.demo.awkward import AwkwardRows
from conflict_pipeline.devtools.demo.configuration import add_configuration, add_other_facts, add_reminders
from conflict_pipeline.devtools.demo.counts import SampleCounts, Tally
from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.devtools.demo.ordinary import OrdinaryVisits
from conflict_pipeline.devtools.demo.pairs import Cluster, ConflictRows
from conflict_pipeline.devtools.demo.population import populate
from conflict_pipeline.devtools.demo.table_copy import copy_rows
from conflict_pipeline.devtools.demo.visits import Visits
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

MIN_CONFLICT_ROWS = 500
# So that some visits belong to no row of conflictvisitmaps.
MIN_EXTRA_VISITS = 100
_BATCH_CLUSTERS = 2_000
_BATCH_VISITS = 20_000
_VISITS, _DELETED_VISITS = "factvisitcallperformance_cr", "factvisitcallperformance_deleted_cr"
_CONFLICT_ROWS, _PARENTS = "conflictvisitmaps", "conflicts"
# The step snapshot fills it.
_SNAPSHOT = "conflictvisitmaps_temp"


@dataclass(frozen=True)
class SampleSize:
    """Rows of conflictvisitmaps and of factvisitcallperformance_cr, both exact; `seed` varies the data.

    Raises PipelineError if the sample would be too small for its awkward rows.
    """

    conflict_rows: int = 20_000
    visits: int = 100_000
    seed: int = 1

    def __post_init__(self) -> None:
        faults = []
        if self.conflict_rows < MIN_CONFLICT_ROWS:
            faults.append(f"conflict_rows is {self.conflict_rows}, must be at least {MIN_CONFLICT_ROWS}")
        min_visits = self.conflict_rows + MIN_EXTRA_VISITS
        if self.visits < min_visits:
            faults.append(
                f"visits is {self.visits}, must be at least {min_visits} "
                f"(conflict_rows and {MIN_EXTRA_VISITS} more)"
            )
        if faults:
            raise PipelineError(f"Sample size: {'; '.join(faults)}.")


def load_sample(
    session: Session, size: SampleSize, today: date, on_rows: Callable[[int], None] = lambda _: None
) -> SampleCounts:
    """Fill all tables but the snapshot in one transaction, and return what a cycle of `today` must find.

    The schema must have been applied. `on_rows` is called with the number of visits and conflict rows written
    since the last call. Raises PipelineError, and writes nothing, if one of the tables already holds rows.
    """
    with session.transaction():
        _require_empty_tables(session)
        counts = _Sample(session, size, today, on_rows).load()
        _reset_sequences(session)
    _analyze(session)
    return counts


class _Sample:
    """A sample while it is written to the database."""

    def __init__(
        self, session: Session, size: SampleSize, today: date, on_rows: Callable[[int], None]
    ) -> None:
        self._session = session
        self._size = size
        self._on_rows = on_rows
        self._rng = Random(size.seed)  # noqa: S311
        self._calendar = Calendar(today)
        self._directory = Directory(self._calendar.day(-30).updated)
        self._conflict_rows = ConflictRows()
        self._tally = Tally(self._calendar)

    def load(self) -> SampleCounts:
        directory, calendar, tally, size = self._directory, self._calendar, self._tally, self._size
        population = populate(directory, self._rng, size.visits)
        visits = Visits(population.users)
        awkward = AwkwardRows(directory, population, calendar, visits, self._rng).add_all(size.conflict_rows)
        add_configuration(directory, calendar)
        reminders = add_reminders(directory, calendar)
        add_other_facts(directory, calendar)
        for name, rows in directory.rows.items():
            self._copy(name, rows)
        self._copy_clusters(awkward)
        ordinary = OrdinaryVisits(self._rng, population, calendar, visits)
        self._copy_clusters(ordinary.clusters(size.conflict_rows - tally.tables[_CONFLICT_ROWS]))
        others = ordinary.visits(size.visits - tally.tables[_VISITS])
        while self._copy(_VISITS, islice(others, _BATCH_VISITS)):
            pass
        return tally.result(reminders.inserted, reminders.refreshed)

    def _copy_clusters(self, clusters: Iterable[Cluster]) -> None:
        clusters = iter(clusters)
        # A connection can run one COPY at a time, so each batch is copied to its tables in turn.
        while batch := list(islice(clusters, _BATCH_CLUSTERS)):
            visits = [visit for cluster in batch for visit in cluster.visits]
            self._copy(_VISITS, (visit.fact for visit in visits if visit.exists))
            self._copy(_DELETED_VISITS, (visit.fact for visit in visits if not visit.exists))
            self._copy(_CONFLICT_ROWS, self._rows(batch))
            self._copy(_PARENTS, self._conflict_rows.take_parents())

    def _rows(self, clusters: list[Cluster]) -> Iterator[Row]:
        for cluster in clusters:
            named = {}
            for pair, row in self._conflict_rows.rows(cluster):
                if self._tally.count(pair, row, has_parent=cluster.has_parents):
                    named[pair.primary.visit_id] = pair.primary
                    named[pair.conflicting.visit_id] = pair.conflicting
                yield row
            for visit in named.values():
                self._tally.count_gps(visit)

    def _copy(self, table_name: str, rows: Iterable[Row]) -> int:
        written = copy_rows(self._session, table_name, rows)
        self._tally.tables[table_name] += written
        if table_name in (_VISITS, _CONFLICT_ROWS):
            self._on_rows(written)
        return written


def _filled_tables() -> list[tables.Table]:
    return [table for table in tables.all_tables() if table.name != _SNAPSHOT]


def _name(session: Session, table: tables.Table) -> sql.Identifier:
    return sql.Identifier(session.schema_names[table.schema], table.name)


def _analyze(session: Session) -> None:
    with session.transaction():
        # The data is even, so a fifth of the usual statistics is enough for a table of 246 columns.
        session.conn.execute("SET LOCAL default_statistics_target = 20")
        for table in _filled_tables():
            session.conn.execute(sql.SQL("ANALYZE {}").format(_name(session, table)))


def _require_empty_tables(session: Session) -> None:
    occupied = []
    for table in _filled_tables():
        query = sql.SQL("SELECT EXISTS (SELECT FROM {}) AS occupied").format(_name(session, table))
        row = session.conn.execute(query).fetchone()
        if row is not None and row["occupied"]:
            occupied.append(f"{session.schema_names[table.schema]}.{table.name}")
    if occupied:
        raise PipelineError(
            f"The sample data needs empty tables, but there are rows in {', '.join(occupied)}. "
            "Nothing was written: use another database, or other schemas (POSTGRES_CONFLICT_SCHEMA, "
            "POSTGRES_ANALYTICS_SCHEMA)."
        )


def _reset_sequences(session: Session) -> None:
    """Advance the sequences beyond the IDs that were loaded."""
    for table in _filled_tables():
        for column in table.columns:
            if column.default.startswith("nextval"):
                name, identifier = _name(session, table), sql.Identifier(column.name)
                session.conn.execute(
                    sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})::bigint) FROM {}").format(
                        sql.Literal(name.as_string()), sql.Literal(column.name), identifier, name
                    )
                )
