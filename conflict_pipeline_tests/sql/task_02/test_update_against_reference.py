"""The SQL of Task 02 against the reference: every column of every row, and the counts.

A cycle is planned and its chunks are processed as the jobs do it. The worlds are the same in every run.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from psycopg import sql

from conflict_pipeline import ledger, schema
from conflict_pipeline.chunks import ChunkSettings
from conflict_pipeline.ledger import ChunkCounts, Plan
from conflict_pipeline.resources.postgres import Postgres, Session
from conflict_pipeline.task_02 import process_chunk
from conflict_pipeline_tests.reference import NOW, Expected, expected_after_cycle
from conflict_pipeline_tests.reference.world import RULES, at, band, hours, row, visit, world
from conflict_pipeline_tests.sql.task_02.worlds import World, worlds

Tables = dict[str, list[dict[str, Any]]]

USED = (
    *("factvisitcallperformance_cr", "dimcaregiver", "dimprovider", "dimoffice", "dimpayer", "dimcontract"),
    *("dimpatient", "dimpatientaddress", "dimservicecode", "dimuser"),
    *("settings", "mph", "excluded_agency", "excluded_ssn", "conflictvisitmaps"),
)
# The days of the worlds are fixed, for the sake of summer time: the window must always reach them.
LOOKBACK_YEARS = 50
LEDGER = ("conflict_moved_row", "conflict_chunk", "conflict_cycle")
# The same examples in every run: whoever breaks a rule sees it at once, and nobody else does.
EXAMPLES = hypothesis.settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_cycle_leaves_what_the_reference_expects(database: Postgres, zone: str) -> None:
    seen: Counter[str] = Counter()
    with in_zone(database, zone).session("test") as session:

        @EXAMPLES
        @given(worlds(ZoneInfo(zone), ledger.current_window(session, chunk_settings(1))))
        def check(world: World) -> None:
            expected = compare(session, world.tables, world.chunk_size)
            seen.update(expected.by_rule)
            seen.update(guarded=expected.guarded, bad_gps=expected.bad_gps, kept=expected.not_redetected)

        check()
    print(seen)
    assert all(seen[name] for name in (*RULES, "guarded", "bad_gps", "kept"))


@pytest.mark.parametrize(("seconds", "rule"), [(23, {"DistanceFlag": 1}), (24, {})], ids=["below", "equal"])
def test_a_gap_is_compared_with_the_eta_to_the_second(
    session: Session, seconds: int, rule: dict[str, int]
) -> None:
    # 0.69 miles at 1 mile an hour take 41.4 minutes.
    start = at("11:41") + timedelta(seconds=seconds)
    visits = (
        visit(1, {"Call In GPS Coordinates": "0,0"}, scheduled=(None, None), actual=hours("09:00", "11:00")),
        visit(2, {"Call In GPS Coordinates": "0,1"}, scheduled=(None, None), actual=(start, at("13:00"))),
    )
    extra = [row("settings", {"ID": Decimal(0), "ExtraDistancePer": Decimal("0.01")})]

    expected = compare(session, world(*visits, mph=[band(1, 0, 1, 1)], settings=extra), 10_000)

    assert expected.by_rule == rule


def compare(session: Session, tables: Tables, chunk_size: int) -> Expected:
    """Run one cycle over the tables, and require what the reference expects of it; returns that."""
    fill(session, tables)
    before = read(session, USED)
    started = session.conn.execute("SELECT localtimestamp AS now").fetchone()
    plan, counts = run_cycle(session, chunk_settings(chunk_size))
    (zone,) = session.conn.execute("SHOW TimeZone").fetchall()
    expected = expected_after_cycle(
        before, plan.window.window_start, plan.window.window_end, ZoneInfo(zone["TimeZone"])
    )
    assert started is not None
    assert rows_with_now(session, started["now"]) == expected.rows
    assert plan.rows == expected.eligible
    assert sum(chunk.marked for chunk in counts) == expected.eligible
    assert sum(chunk.redetected for chunk in counts) == expected.redetected
    assert sum(chunk.not_redetected for chunk in counts) == expected.not_redetected
    assert sum(chunk.guarded for chunk in counts) == expected.guarded
    by_rule = sum((Counter(chunk.redetected_by_rule) for chunk in counts), Counter[str]())
    assert by_rule == expected.by_rule
    bad_gps = sum(chunk.bad_gps for chunk in counts)
    # A visit that rows of several chunks name is counted in each.
    assert bad_gps == expected.bad_gps if len(counts) <= 1 else bad_gps >= expected.bad_gps
    return expected


def chunk_settings(chunk_size: int) -> ChunkSettings:
    return ChunkSettings(target_chunk_size=chunk_size, lookback_years=LOOKBACK_YEARS)


def run_cycle(session: Session, settings: ChunkSettings) -> tuple[Plan, list[ChunkCounts]]:
    @contextmanager
    def lend() -> Iterator[Session]:
        yield session

    plan = ledger.plan_cycle(session, settings, "test")
    results = [process_chunk(lend, key, "test") for key in plan.partition_keys]
    return plan, [result.counts for result in results if result.counts]


def rows_with_now(session: Session, started: Any) -> dict[Decimal, dict[str, Any]]:
    """conflictvisitmaps by ID, with NOW in place of every "UpdatedDate" since `started`."""
    rows = read(session, ["conflictvisitmaps"])["conflictvisitmaps"]
    for found in rows:
        if found["UpdatedDate"] is not None and found["UpdatedDate"] >= started:
            found["UpdatedDate"] = NOW
    return {found["ID"]: found for found in rows}


def fill(session: Session, tables: Tables) -> None:
    """Replace what the database holds."""
    with session.transaction(), session.conn.pipeline():
        for name in (*LEDGER, *USED):
            session.conn.execute(sql.SQL("DELETE FROM {}").format(identifier(session, name)))
        for name, rows in tables.items():
            records = [{key: value for key, value in row.items() if value is not None} for row in rows]
            session.conn.execute(
                sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)").format(
                    identifier(session, name)
                ),
                [json.dumps(records, default=str)],
            )


def read(session: Session, names: Any) -> Tables:
    with session.conn.pipeline():
        cursors = {
            name: session.conn.execute(sql.SQL("SELECT * FROM {}").format(identifier(session, name)))
            for name in names
        }
    return {name: cursor.fetchall() for name, cursor in cursors.items()}


def identifier(session: Session, table: str) -> sql.Identifier:
    role = "conflict" if table in LEDGER else schema.table(table).schema
    return sql.Identifier(session.schema_names[role], table)


def in_zone(database: Postgres, zone: str) -> Postgres:
    return Postgres(database.settings.model_copy(update={"report_timezone": zone}), database.conninfo)
