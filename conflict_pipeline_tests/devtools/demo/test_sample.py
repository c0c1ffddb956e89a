"""The sample data: sizes, sameness, and the known numbers against what a cycle really finds."""

import hashlib
from collections import Counter
from datetime import date
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo import sample
from conflict_pipeline.devtools.demo.counts import Tally
from conflict_pipeline.devtools.demo.days import Calendar
from conflict_pipeline.devtools.demo.pairs import Pair
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot

SMALL = SampleSize(conflict_rows=1_200, visits=2_500)
TODAY = date(2026, 3, 14)


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
    """A digest of every table, all columns, in the order in which the rows were written."""
    digests = {}
    for name, table in names(session).items():
        with session.conn.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(table)) as copy:
            digests[name] = hashlib.sha256(b"".join(map(bytes, copy))).hexdigest()
    return digests


def empty(session: Session) -> None:
    for table in names(session).values():
        session.conn.execute(sql.SQL("TRUNCATE {}").format(table))


def today(session: Session) -> date:
    found = value(session, "SELECT current_date")
    assert isinstance(found, date)
    return found


def run_chunks(database: Postgres, session: Session, settings: CycleSettings) -> Counter[str]:
    """One whole cycle of Task 02; its counts, those by rule among them."""
    counts: Counter[str] = Counter()
    for key in run.plan_cycle(session, settings, "run").partition_keys:
        found = process_chunk(lambda: database.session("test"), key, "run", retry_delay=0).counts
        assert found is not None
        counts.update(found.redetected_by_rule)
        for name in ("marked", "redetected", "not_redetected", "guarded", "bad_gps"):
            counts[name] += getattr(found, name)
    return counts


@pytest.mark.parametrize(
    "size",
    [SampleSize(1_000, 1_100), SampleSize(1_001, 2_345, seed=7), SMALL],
    ids=["smallest", "odd", "small"],
)
def test_sizes_and_table_counts_are_exact(session: Session, size: SampleSize) -> None:
    counts = load_sample(session, size, TODAY)

    found = row_counts(session)
    assert found["conflictvisitmaps"] == size.conflict_rows
    assert found["factvisitcallperformance_cr"] == size.visits
    assert found.pop("conflictvisitmaps_temp") == 0
    assert counts.tables == found
    assert all(found.values())


def test_the_same_size_seed_and_day_give_the_same_data(session: Session) -> None:
    counts = load_sample(session, SMALL, TODAY)
    first = content(session)
    empty(session)
    assert load_sample(session, SMALL, TODAY) == counts
    assert content(session) == first
    empty(session)
    load_sample(session, SampleSize(SMALL.conflict_rows, SMALL.visits, seed=2), TODAY)
    assert content(session)["conflictvisitmaps"] != first["conflictvisitmaps"]


def test_known_numbers_are_what_a_cycle_finds(database: Postgres, session: Session) -> None:
    known = load_sample(session, SMALL, today(session))

    reminders = snapshot.refresh_reminders(session)
    snapshot.take_snapshot(session, ledger.current_window(session, CycleSettings()))
    found = run_chunks(database, session, CycleSettings(target_chunk_size=150))

    assert {rule: found.pop(rule) for rule in RULE_COLUMNS} == known.redetected_by_rule
    assert found == {
        "marked": known.eligible,
        "redetected": known.redetected,
        "not_redetected": known.not_redetected,
        "guarded": known.guarded,
        "bad_gps": known.bad_gps,
    }
    assert (reminders.inserted, reminders.refreshed) == (known.reminders_inserted, known.reminders_refreshed)
    assert row_counts(session)["conflictvisitmaps_temp"] == known.snapshot


def test_every_row_ends_as_it_was_made_to(
    database: Postgres, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected: dict[int, str] = {}

    class RecordingTally(Tally):
        def count(self, pair: Pair, row: dict[str, Any], *, has_parent: bool) -> bool:
            eligible = super().count(pair, row, has_parent=has_parent)
            free = eligible and all(row[name] is None for name in GUARD_COLUMNS)
            expected[row["ID"]] = "updated" if free and pair.rules else "marked" if eligible else "untouched"
            return eligible

    monkeypatch.setattr(sample, "Tally", RecordingTally)
    load_sample(session, SMALL, today(session))
    session.conn.execute(
        sql.SQL('UPDATE {conflict}.conflictvisitmaps SET "UpdateFlag" = 7').format(**session.schemas)
    )
    run_chunks(database, session, CycleSettings(target_chunk_size=400))

    rows = session.conn.execute(
        sql.SQL(
            """SELECT "ID"::integer AS id, CASE
                WHEN "UpdateFlag" IS NULL THEN 'updated' WHEN "UpdateFlag" = 1 THEN 'marked' ELSE 'untouched'
            END AS outcome FROM {conflict}.conflictvisitmaps"""
        ).format(**session.schemas)
    )
    assert {row["id"]: row["outcome"] for row in rows} == expected


def test_the_sample_has_rows_of_every_kind(session: Session) -> None:
    known = load_sample(session, SMALL, TODAY)

    assert set(known.redetected_by_rule) == set(RULE_COLUMNS)
    assert all(known.redetected_by_rule.values())
    assert known.eligible == known.redetected + known.not_redetected + known.guarded
    assert known.eligible + known.outside_window + known.without_conflict_id == SMALL.conflict_rows
    assert known.snapshot == known.eligible - known.orphans
    assert all((known.not_redetected, known.guarded, known.bad_gps, known.orphans, known.outside_window))
    assert all((known.without_conflict_id, known.reminders_inserted, known.reminders_refreshed))


@pytest.mark.parametrize(("rows", "visits"), [(1_200, 2_500), (20_000, 20_100)])
def test_one_key_is_very_large(session: Session, rows: int, visits: int) -> None:
    load_sample(session, SampleSize(rows, visits), TODAY)

    largest = value(
        session,
        """SELECT max(rows) FROM (
            SELECT count(*) AS rows FROM {conflict}.conflictvisitmaps GROUP BY "VisitDate", "SSN"
        ) AS key""",
    )
    assert largest >= max(60, rows * 0.005)


def test_no_ssn_can_be_anybodys(session: Session) -> None:
    load_sample(session, SMALL, TODAY)

    texts = session.conn.execute(
        sql.SQL(
            """SELECT "SSN" AS ssn FROM {analytics}.dimcaregiver
            UNION SELECT "SSN" FROM {conflict}.excluded_ssn
            UNION SELECT unnest(ARRAY["SSN", "AideSSN", "ConAideSSN"]) FROM {conflict}.conflictvisitmaps"""
        ).format(**session.schemas)
    )
    found = {(row["ssn"] or "").strip() for row in texts} - {""}
    assert len(found) > 200
    # 9xx is never issued, and with a group below 50 no tax number (ITIN) either.
    assert all(len(ssn) == 9 and ssn.isdigit() and ssn[0] == "9" and ssn[3:5] < "50" for ssn in found)


@pytest.mark.parametrize("table", ["mph", "dimoffice", "conflictvisitmaps"])
def test_a_table_with_rows_is_named_and_nothing_is_written(session: Session, table: str) -> None:
    key = {"mph": "ID", "dimoffice": "Office Id", "conflictvisitmaps": "ID"}[table]
    session.conn.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES (1)").format(names(session)[table], sql.Identifier(key))
    )
    before = row_counts(session)

    with pytest.raises(PipelineError, match=rf"\.{table}\b") as error:
        load_sample(session, SMALL, TODAY)

    assert "\n" not in str(error.value)
    assert row_counts(session) == before


def test_a_failure_on_the_way_writes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Session) -> None:
        raise PipelineError("stop")

    monkeypatch.setattr(sample, "_reset_sequences", fail)
    with pytest.raises(PipelineError, match="stop"):
        load_sample(session, SMALL, TODAY)
    assert not any(row_counts(session).values())


def test_new_rows_get_identifiers_after_those_loaded(session: Session) -> None:
    load_sample(session, SMALL, TODAY)

    for table in tables.all_tables():
        for column in table.columns:
            if column.default.startswith("nextval"):
                parts = {"table": names(session)[table.name], "column": sql.Identifier(column.name)}
                highest = value(session, "SELECT max({column}) FROM {table}", **parts)
                assert (
                    value(session, "INSERT INTO {table} DEFAULT VALUES RETURNING {column}", **parts)
                    == highest + 1
                )


@pytest.mark.parametrize(
    ("rows", "visits", "message"),
    [
        (999, 5_000, "conflict_rows is 999, must be at least 1000"),
        (1_000, 1_099, "visits is 1099, must be at least 1100"),
        (-1, -1, "conflict_rows is -1, must be at least 1000; visits is -1, must be at least 99"),
    ],
)
def test_a_size_out_of_range_is_refused(rows: int, visits: int, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        SampleSize(rows, visits)


def test_the_window_of_a_leap_day_starts_where_postgres_lets_it_start(session: Session) -> None:
    start = value(session, "SELECT (date '2028-02-29' - interval '2 years')::date")

    assert Calendar(date(2028, 2, 29)).window_start == start
