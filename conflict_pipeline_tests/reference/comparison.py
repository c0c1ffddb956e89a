"""A cycle run by the SQL, compared with the reference: every column of every row, and the counts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql

from conflict_pipeline.cycles import run
from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import RedetectCounts
from conflict_pipeline_tests.reference.cycle import NOW, Expected, expected_after_cycle
from conflict_pipeline_tests.rows import tolerant_cursor

Rows = dict[Decimal, dict[str, Any]]
Tables = dict[str, list[dict[str, Any]]]

USED = (
    *("factvisitcallperformance_cr", "dimcaregiver", "dimprovider", "dimoffice", "dimpayer", "dimcontract"),
    *("dimpatient", "dimpatientaddress", "dimservicecode", "dimuser"),
    *("settings", "mph", "excluded_agency", "excluded_ssn", "conflictvisitmaps"),
)
LEDGER = (
    "conflict_moved_row",
    "conflict_cycle_input",
    "conflict_changed_row",
    "conflict_chunk",
    "conflict_cycle",
)


def compare(session: Session, settings: CycleSettings) -> Expected:
    """Run one cycle over what the database holds, and require what the reference expects; returns that."""
    before = read(session, USED)
    started = session.conn.execute("SELECT localtimestamp AS now").fetchone()
    plan, counts = run_cycle(session, settings)
    (zone,) = session.conn.execute("SHOW TimeZone").fetchall()
    expected = expected_after_cycle(
        before, plan.window.window_start, plan.window.window_end, ZoneInfo(zone["TimeZone"])
    )
    assert started is not None
    changed = keep_dates_of_unchanged_rows(before["conflictvisitmaps"], expected.rows)
    assert sum(chunk.written for chunk in counts) == changed
    assert differences(rows_with_now(session, started["now"]), expected.rows) == []
    assert plan.rows == expected.eligible
    assert sum(chunk.rows for chunk in counts) == expected.eligible
    assert sum(chunk.redetected for chunk in counts) == expected.redetected
    assert sum(chunk.not_redetected for chunk in counts) == expected.not_redetected
    assert sum(chunk.guarded for chunk in counts) == expected.guarded
    by_rule = sum((Counter(chunk.redetected_by_rule) for chunk in counts), Counter[str]())
    assert by_rule == expected.by_rule
    for name in ("bad_gps", "bad_times"):
        bad, known = sum(getattr(chunk, name) for chunk in counts), getattr(expected, name)
        # A visit that rows of several chunks name is counted in each.
        assert bad == known if len(counts) <= 1 else bad >= known
    return expected


def keep_dates_of_unchanged_rows(before: list[dict[str, Any]], expected: Rows) -> int:
    """Rows that are as they should be keep their date; returns how many rows are written."""
    changed = 0
    for row in before:
        after = expected[row["ID"]]
        if {**after, "UpdatedDate": None} == {**row, "UpdatedDate": None}:
            after["UpdatedDate"] = row["UpdatedDate"]
        else:
            changed += 1
    return changed


def run_cycle(session: Session, settings: CycleSettings) -> tuple[Plan, list[RedetectCounts]]:
    @contextmanager
    def session_factory() -> Iterator[Session]:
        yield session

    plan = run.plan_cycle(session, settings, "test")
    results = [process_chunk(session_factory, key, "test") for key in plan.partition_keys]
    return plan, [redetect_counts(result) for result in results]


def redetect_counts(result: ChunkResult) -> RedetectCounts:
    """The counts of the step that the reference computes too."""
    counts = result.counts["redetect"]
    assert isinstance(counts, RedetectCounts)
    return counts


def rows_with_now(session: Session, started: Any) -> Rows:
    """conflictvisitmaps by ID, with NOW in place of every "UpdatedDate" since `started`."""
    rows = read(session, ["conflictvisitmaps"])["conflictvisitmaps"]
    for found in rows:
        if found["UpdatedDate"] is not None and found["UpdatedDate"] >= started:
            found["UpdatedDate"] = NOW
    return {found["ID"]: found for found in rows}


def differences(found: Rows, expected: Rows) -> list[tuple[Any, ...]]:
    """ID, column, what was found and what was expected, wherever the two are not equal."""
    return [
        (row_id, column, found.get(row_id, {}).get(column, "no value"), value)
        for row_id, columns in expected.items()
        for column, value in columns.items()
        if found.get(row_id, {}).get(column, "no value") != value
    ]


def read(session: Session, names: Any) -> Tables:
    """Every row of the tables. A time that Python cannot hold, as infinity, is its text."""
    with session.conn.pipeline():
        cursors = {
            name: tolerant_cursor(session).execute(
                sql.SQL("SELECT * FROM {}").format(identifier(session, name)), ()
            )
            for name in names
        }
    return {name: cursor.fetchall() for name, cursor in cursors.items()}


def identifier(session: Session, table: str) -> sql.Composable:
    """For statements that are executed with values: psycopg looks for their places in names too."""
    role = "conflict" if table in LEDGER else tables.get_table(table).schema
    return sql.SQL(sql.Identifier(session.schema_names[role], table).as_string().replace("%", "%%"))
