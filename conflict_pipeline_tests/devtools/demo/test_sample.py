"""The sample has exact sizes, can be reproduced, and its known numbers are what a cycle finds."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo import sample
from conflict_pipeline.devtools.demo.counts import SampleCounts, Tally
from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.pairs import Pair
from conflict_pipeline.devtools.demo.sample import (
    MIN_CONFLICT_ROWS,
    MIN_EXTRA_VISITS,
    SampleSize,
    load_sample,
)
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import steps_before_plan
from conflict_pipeline_tests.server import (
    TEMPLATE,
    Conninfo,
    drop_database,
    open_database,
    recreate_database,
)

SMALL = SampleSize(conflict_rows=1_200, visits=2_500)
SMALLEST = SampleSize(MIN_CONFLICT_ROWS, MIN_CONFLICT_ROWS + MIN_EXTRA_VISITS)
TODAY = date(2026, 3, 14)


@dataclass
class Loaded:
    """A database with the sample SMALL; `expected` is the outcome of every row, by ID."""

    database: Postgres
    counts: SampleCounts
    expected: dict[int, str]


@pytest.fixture(scope="module")
def loaded(server: Conninfo) -> Iterator[Loaded]:
    """The sample of the server's today, created once."""
    expected: dict[int, str] = {}

    class RecordingTally(Tally):
        def count(self, pair: Pair, row: dict[str, Any], *, has_parent: bool) -> bool:
            eligible = super().count(pair, row, has_parent=has_parent)
            free = eligible and all(row[name] is None for name in GUARD_COLUMNS)
            expected[row["ID"]] = "updated" if free and pair.rules else "marked" if eligible else "untouched"
            return eligible

    name = f"conflict_pipeline_sample_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        recreate_database(conn, name, TEMPLATE)
        database = open_database(server, name)
        with database.session("test") as session, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sample, "Tally", RecordingTally)
            counts = load_sample(session, SMALL, ledger.today(session))
        yield Loaded(database, counts, expected)
        drop_database(conn, name)


@pytest.fixture
def sample_session(loaded: Loaded) -> Iterator[Session]:
    """A session on the sample, whose writes are rolled back."""
    with loaded.database.session("test") as session, session.transaction(force_rollback=True):
        yield session


def names(session: Session) -> dict[str, sql.Identifier]:
    return {
        table.name: sql.Identifier(session.schema_names[table.schema], table.name)
        for table in tables.all_tables()
    }


def value(session: Session, text: str, **parts: sql.Composable) -> Any:
    query = sql.SQL(text).format(**session.schemas, **parts)
    row = session.conn.execute(query).fetchone()
    assert row is not None
    return next(iter(row.values()))


def row_counts(session: Session) -> dict[str, int]:
    return {
        name: value(session, "SELECT count(*) FROM {table}", table=table)
        for name, table in names(session).items()
    }


def content(session: Session) -> dict[str, str]:
    """Return a digest of all columns and rows of every table."""
    digests = {}
    for name, table in names(session).items():
        with session.conn.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
            digests[name] = hashlib.sha256(b"".join(sorted(map(bytes, copy)))).hexdigest()
    return digests


def test_sizes_and_table_counts_are_exact(loaded: Loaded, sample_session: Session) -> None:
    found = row_counts(sample_session)

    assert found["conflictvisitmaps"] == SMALL.conflict_rows
    assert found["factvisitcallperformance_cr"] == SMALL.visits
    assert found.pop("conflictvisitmaps_temp") == 0
    assert loaded.counts.tables == found
    assert all(found.values())


def test_the_sample_has_rows_of_every_kind(loaded: Loaded) -> None:
    known = loaded.counts

    assert set(known.redetected_by_rule) == set(RULE_COLUMNS)
    assert all(known.redetected_by_rule.values())
    assert known.eligible == known.redetected + known.not_redetected + known.guarded
    assert known.eligible + known.outside_window + known.without_conflict_id == SMALL.conflict_rows
    assert known.snapshot == known.eligible - known.orphans
    assert all((known.not_redetected, known.guarded, known.bad_gps, known.orphans, known.outside_window))
    assert all((known.without_conflict_id, known.reminders_inserted, known.reminders_refreshed))


def test_one_key_is_very_large(sample_session: Session) -> None:
    largest = value(
        sample_session,
        """SELECT max(rows) FROM (
            SELECT count(*) AS rows FROM {conflict}.conflictvisitmaps GROUP BY "VisitDate", "SSN"
        ) AS key""",
    )
    assert largest >= 60


def test_no_ssn_can_belong_to_anyone(sample_session: Session) -> None:
    texts = sample_session.conn.execute(
        sql.SQL(
            """SELECT "SSN" AS ssn FROM {analytics}.dimcaregiver
            UNION SELECT "SSN" FROM {conflict}.excluded_ssn
            UNION SELECT unnest(ARRAY["SSN", "AideSSN", "ConAideSSN"]) FROM {conflict}.conflictvisitmaps"""
        ).format(**sample_session.schemas)
    )
    found = {(row["ssn"] or "").strip() for row in texts} - {""}
    assert len(found) > 100
    # No SSN begins with 9, and no tax number (ITIN) that does has a group below 50.
    assert all(len(ssn) == 9 and ssn.isdigit() and ssn[0] == "9" and ssn[3:5] < "50" for ssn in found)


def test_new_rows_get_identifiers_after_those_loaded(sample_session: Session) -> None:
    for table in tables.all_tables():
        for column in table.columns:
            if column.default.startswith("nextval"):
                parts = {"table": names(sample_session)[table.name], "column": sql.Identifier(column.name)}
                highest = value(sample_session, "SELECT max({column}) FROM {table}", **parts)
                inserted = "INSERT INTO {table} DEFAULT VALUES RETURNING {column}"
                assert value(sample_session, inserted, **parts) == highest + 1


def test_known_numbers_and_the_outcome_of_every_row_are_what_a_cycle_finds(loaded: Loaded) -> None:
    known, by_rule, counts = loaded.counts, Counter[str](), Counter[str]()
    with loaded.database.session("test") as session:
        session.conn.execute(
            sql.SQL('UPDATE {conflict}.conflictvisitmaps SET "UpdateFlag" = 7').format(**session.schemas)
        )
        settings = CycleSettings(target_chunk_size=150)
        cycle = run.open_or_resume(session, settings, "run", new_cycle=True, max_age_hours=24)
        steps = {
            step.name: run.run_step(session, step, cycle, "run").counts.as_json()
            for step in steps_before_plan()
        }
        for key in run.plan_cycle(session, settings, "run").partition_keys:
            found = process_chunk(lambda: loaded.database.session("test"), key, "run", retry_delay=0)
            redetect = found.counts["redetect"].as_json()
            by_rule.update(redetect.pop("redetected_by_rule"))
            counts.update(redetect)
        rows = session.conn.execute(
            sql.SQL(
                """SELECT "ID"::integer AS id, CASE
                    WHEN "UpdateFlag" IS NULL THEN 'updated' WHEN "UpdateFlag" = 1 THEN 'marked'
                    ELSE 'untouched'
                END AS outcome FROM {conflict}.conflictvisitmaps"""
            ).format(**session.schemas)
        ).fetchall()

    assert by_rule == known.redetected_by_rule
    assert counts.pop("written") > known.redetected
    assert counts.pop("marked") == known.not_redetected + known.guarded
    assert counts == {
        "rows": known.eligible,
        "redetected": known.redetected,
        "not_redetected": known.not_redetected,
        "guarded": known.guarded,
        "changed_meanwhile": 0,
        "bad_gps": known.bad_gps,
        "bad_times": 0,
    }
    assert steps["reminders"] == {
        "inserted": known.reminders_inserted,
        "refreshed": known.reminders_refreshed,
    }
    assert steps["snapshot"] == {"copied": known.snapshot}
    assert {row["id"]: row["outcome"] for row in rows} == loaded.expected


def test_the_same_size_seed_and_day_give_the_same_data(scratch: Session) -> None:
    def load(size: SampleSize) -> tuple[SampleCounts, dict[str, str]]:
        with scratch.transaction(force_rollback=True):
            return load_sample(scratch, size, TODAY), content(scratch)

    first, second = load(SMALLEST), load(SMALLEST)
    other = load(SampleSize(SMALLEST.conflict_rows, SMALLEST.visits, seed=2))

    assert first == second
    assert other[1]["conflictvisitmaps"] != first[1]["conflictvisitmaps"]


def test_the_callback_counts_the_visits_and_conflict_rows(scratch: Session) -> None:
    counted: list[int] = []

    load_sample(scratch, SMALLEST, TODAY, counted.append)

    assert sum(counted) == SMALLEST.conflict_rows + SMALLEST.visits


@pytest.mark.parametrize(
    ("table", "key"), [("mph", "ID"), ("dimoffice", "Office Id"), ("conflictvisitmaps", "ID")]
)
def test_a_table_with_rows_is_named_and_nothing_is_written(scratch: Session, table: str, key: str) -> None:
    scratch.conn.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES (1)").format(names(scratch)[table], sql.Identifier(key))
    )

    with pytest.raises(PipelineError, match=rf"rows in \S+\.{table}\. Nothing was written"):
        load_sample(scratch, SMALLEST, TODAY)

    assert sum(row_counts(scratch).values()) == 1


def test_a_failure_while_loading_writes_nothing(scratch: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Session) -> None:
        raise PipelineError("stop")

    monkeypatch.setattr(sample, "_reset_sequences", fail)
    with pytest.raises(PipelineError, match="stop"):
        load_sample(scratch, SMALLEST, TODAY)
    assert not any(row_counts(scratch).values())


@pytest.mark.parametrize(
    ("rows", "visits", "message"),
    [
        (499, 5_000, "conflict_rows is 499, must be at least 500"),
        (1_000, 1_099, "visits is 1099, must be at least 1100"),
        (-1, -1, "conflict_rows is -1, must be at least 500; visits is -1, must be at least 99"),
    ],
)
def test_a_size_out_of_range_is_refused(rows: int, visits: int, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        SampleSize(rows, visits)


def test_the_window_of_a_leap_day_begins_on_the_day_that_postgres_computes(scratch: Session) -> None:
    start = value(scratch, "SELECT (date '2028-02-29' - interval '2 years')::date")

    assert Calendar(date(2028, 2, 29)).window_start == start
