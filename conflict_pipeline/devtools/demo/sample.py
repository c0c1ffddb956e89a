"""Synthetic sample data: everything that a conflict report needs, with known numbers to compare it with.

Nobody in it exists: names are random, SSNs come from the range that is never issued. The same size and
`today` give the same data, byte for byte. All of docs/rules.md's awkward inputs are in it (edge_*.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from random import Random

from psycopg import sql

from conflict_pipeline.devtools.demo.counts import SampleCounts, Tally
from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.directory import Directory
from conflict_pipeline.devtools.demo.edge_cases import edge_cases
from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.devtools.demo.ordinary import OrdinaryVisits
from conflict_pipeline.devtools.demo.pairs import Cluster, ConflictRows
from conflict_pipeline.devtools.demo.population import populate
from conflict_pipeline.devtools.demo.reference import add_configuration, add_other_facts, add_reminders
from conflict_pipeline.devtools.demo.table_copy import copy_rows
from conflict_pipeline.devtools.demo.visits import Visits
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

LEAST_CONFLICT_ROWS = 1_000
# Some edge cases need more visits than they make rows.
LEAST_VISITS_ABOVE_ROWS = 100
_CLUSTERS_AT_A_TIME = 2_000
_VISITS, _DELETED_VISITS = "factvisitcallperformance_cr", "factvisitcallperformance_deleted_cr"
_CONFLICT_ROWS, _PARENTS = "conflictvisitmaps", "conflicts"
# Task 01 fills it.
_SNAPSHOT = "conflictvisitmaps_temp"


@dataclass(frozen=True)
class SampleSize:
    """Rows of conflictvisitmaps and of factvisitcallperformance_cr, both exact; `seed` varies the data.

    Raises PipelineError for a size that cannot hold all edge cases.
    """

    conflict_rows: int = 60_000
    visits: int = 300_000
    seed: int = 1

    def __post_init__(self) -> None:
        faults = []
        if self.conflict_rows < LEAST_CONFLICT_ROWS:
            faults.append(f"conflict_rows is {self.conflict_rows}, must be at least {LEAST_CONFLICT_ROWS}")
        least_visits = self.conflict_rows + LEAST_VISITS_ABOVE_ROWS
        if self.visits < least_visits:
            faults.append(
                f"visits is {self.visits}, must be at least {least_visits} "
                f"(conflict_rows and {LEAST_VISITS_ABOVE_ROWS} more)"
            )
        if faults:
            raise PipelineError(f"Sample size: {'; '.join(faults)}.")


def load_sample(session: Session, size: SampleSize, today: date) -> SampleCounts:
    """Fill all tables but the snapshot, in one transaction; returns what a cycle of `today` must find.

    The schema must have been applied. Raises PipelineError, with nothing written, if one of the tables
    already holds rows.
    """
    with session.transaction():
        _refuse_rows(session)
        counts = _Sample(session, size, today).load()
        _reset_sequences(session)
    _analyze(session)
    return counts


class _Sample:
    """One sample on its way into the database."""

    def __init__(self, session: Session, size: SampleSize, today: date) -> None:
        self._session = session
        self._size = size
        self._rng = Random(size.seed)  # noqa: S311
        self._calendar = Calendar(today)
        self._directory = Directory(self._calendar.day(-30).updated)
        self._conflict_rows = ConflictRows()
        self._tally = Tally(self._calendar)

    def load(self) -> SampleCounts:
        directory, calendar, tally, size = self._directory, self._calendar, self._tally, self._size
        population = populate(directory, self._rng, size.visits)
        visits = Visits(population.users)
        edges = edge_cases(directory, population, calendar, visits, self._rng, size.conflict_rows)
        add_configuration(directory, calendar)
        reminders = add_reminders(directory, calendar)
        add_other_facts(directory, calendar)
        for name, rows in directory.rows.items():
            self._copy(name, rows)
        self._copy_clusters(edges)
        ordinary = OrdinaryVisits(self._rng, population, calendar, visits)
        self._copy_clusters(ordinary.clusters(size.conflict_rows - tally.tables[_CONFLICT_ROWS]))
        self._copy(_VISITS, ordinary.visits(size.visits - tally.tables[_VISITS]))
        return tally.result(reminders.inserted, reminders.refreshed)

    def _copy_clusters(self, clusters: Iterable[Cluster]) -> None:
        clusters = iter(clusters)
        # One COPY at a time is all that a connection can do, so a batch goes to its tables in turn.
        while batch := list(islice(clusters, _CLUSTERS_AT_A_TIME)):
            made = [visit for cluster in batch for visit in cluster.visits]
            self._copy(_VISITS, (visit.fact for visit in made if visit.exists))
            self._copy(_DELETED_VISITS, (visit.fact for visit in made if not visit.exists))
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

    def _copy(self, table_name: str, rows: Iterable[Row]) -> None:
        self._tally.tables[table_name] += copy_rows(self._session, table_name, rows)


def _filled_tables() -> list[tables.Table]:
    return [table for table in tables.all_tables() if table.name != _SNAPSHOT]


def _name(session: Session, table: tables.Table) -> sql.Identifier:
    return sql.Identifier(session.schema_names[table.schema], table.name)


def _analyze(session: Session) -> None:
    with session.transaction():
        # A fifth of the usual sample is enough for even data, and the widest table has 246 columns.
        session.conn.execute("SET LOCAL default_statistics_target = 20")
        for table in _filled_tables():
            session.conn.execute(sql.SQL("ANALYZE {}").format(_name(session, table)))


def _refuse_rows(session: Session) -> None:
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
    """Let the sequences go on after the IDs that were loaded."""
    for table in _filled_tables():
        for column in table.columns:
            if column.default.startswith("nextval"):
                name, identifier = _name(session, table), sql.Identifier(column.name)
                session.conn.execute(
                    sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})::bigint) FROM {}").format(
                        sql.Literal(name.as_string()), sql.Literal(column.name), identifier, name
                    )
                )
