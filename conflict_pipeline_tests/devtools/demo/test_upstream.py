"""What the emulator gets: the analytics tables once, and a conflict table that differs as planned."""

from typing import cast

import pytest
from psycopg import sql

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo import upstream
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.parity.columns import Columns, match_columns, postgres_types
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.parity.row import Pair
from conflict_pipeline.parity.sides import LEAF_WIDTH, PostgresSide
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import Table
from conflict_pipeline.settings import load_settings
from conflict_pipeline.snowflake.emulator import SnowflakeEmulator

SIZE = SampleSize(conflict_rows=1_200, visits=2_500)


class Receiver:
    """Takes the emulator's place: keeps what Postgres has when a table is filled."""

    def __init__(self, columns: Columns) -> None:
        self.counts: dict[str, int] = {}
        self.rows: dict[int, tuple[str | None, ...]] = {}
        self.places: set[tuple[str, ...]] = set()
        self._columns = columns

    def fill(self, session: Session, table: Table, *place: str) -> int:
        self.places.add(place)
        name = sql.Identifier(session.schema_names[table.schema], table.name)
        row = session.conn.execute(sql.SQL("SELECT count(*) AS rows FROM {}").format(name)).fetchone()
        assert row is not None
        self.counts[table.name] = row["rows"]
        if table.name == "conflictvisitmaps":
            self.rows = texts(session, self._columns)
        return int(row["rows"])


def texts(session: Session, columns: Columns) -> dict[int, tuple[str | None, ...]]:
    starts = range(0, SIZE.conflict_rows + LEAF_WIDTH, LEAF_WIDTH)
    with session.transaction():
        return dict(PostgresSide(session, columns).rows(starts))


@pytest.fixture
def columns(session: Session) -> Columns:
    names = [column.name for column in tables.get_table("conflictvisitmaps").columns]
    return match_columns(postgres_types(session), names, {"UpdatedDate"})


@pytest.fixture
def receiver(columns: Columns) -> Receiver:
    return Receiver(columns)


def as_emulator(receiver: Receiver) -> SnowflakeEmulator:
    return cast("SnowflakeEmulator", receiver)


def test_the_analytics_tables_are_moved_once_and_empty_ones_are_not(
    session: Session, receiver: Receiver
) -> None:
    assert upstream.holds_loads(session)
    load_sample(session, SIZE, ledger.today(session))
    assert not upstream.holds_loads(session)
    moved: list[None] = []

    upstream.move_analytics(session, as_emulator(receiver), lambda: moved.append(None))

    assert len(moved) == len(receiver.counts) == upstream.TABLE_COUNT
    assert receiver.counts["factvisitcallperformance_cr"] == SIZE.visits
    assert not session.conn.execute("SELECT FROM analytics.factvisitcallperformance_cr").fetchall()
    assert upstream.holds_loads(session)


def test_the_conflict_table_differs_by_a_few_errors_of_each_class(
    database: Postgres, session: Session, columns: Columns, receiver: Receiver
) -> None:
    load_sample(session, SIZE, ledger.today(session))
    for key in run.plan_cycle(session, CycleSettings(), "run").partition_keys:
        process_chunk(lambda: database.session("test"), key, "run", retry_delay=0)
    kept = texts(session, columns)

    expected = upstream.copy_conflict_table(session, as_emulator(receiver), load_settings())

    assert texts(session, columns) == kept
    assert receiver.places == {("CONFLICTREPORT", "PUBLIC")}
    names = [column.name for column in columns.compared]
    parity = Parity()
    for row_id, values in kept.items():
        if row_id not in receiver.rows:
            parity.add_only_in_postgres(row_id)
            continue
        in_postgres = dict(zip(names, values, strict=True))
        in_snowflake = dict(zip(names, receiver.rows[row_id], strict=True))
        differing = [name for name in names if in_snowflake[name] != in_postgres[name]]
        if differing:
            parity.add_difference(row_id, differing, Pair(in_snowflake, in_postgres))
    by_class: dict[str, set[int]] = {}
    for _, name, finding in parity.findings():
        by_class.setdefault(name, set()).update(finding.ids)
    by_class["unexpected"] |= by_class.pop("only_in_postgres")

    assert {name: len(ids) for name, ids in by_class.items()} == expected
    assert all(0 < rows <= 5 for rows in expected.values())
    assert parity.unexpected_rows == expected["unexpected"] == 2
