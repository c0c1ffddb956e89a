"""Step snapshot: which rows and columns the snapshot has."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.snapshot import OWN_COLUMNS, snapshot_parts
from conflict_pipeline_tests.rows import WINDOW, Row, at, insert, pair, read

VALUES = {"conflict_schema": "conflict", "own_columns": list(OWN_COLUMNS)}
EVERYTHING = sql.SQL("TRUE")


def _sources() -> dict[str, str]:
    with (Path(__file__).parent / "snapshot_columns.csv").open(newline="", encoding="utf-8") as file:
        return {row["target_column"]: row["source"] for row in csv.DictReader(file)}


SOURCES = _sources()


def snapshot(session: Session, condition: sql.SQL = EVERYTHING) -> list[Row]:
    parts = snapshot_parts(session)
    count = session.execute("steps/snapshot/insert_snapshot", WINDOW, **parts, condition=condition).rowcount
    rows = read(session, "conflictvisitmaps_temp")
    assert count == len(rows)
    return rows


def filled(session: Session, table: str, seed: int, **columns: Any) -> Row:
    """A row whose columns are all set, to values that other columns and tables do not have."""
    values: dict[str, Any] = {}
    for number, column in enumerate(tables.get_table(table).columns, start=seed):
        kind, _, size = column.type_name.rstrip(")").partition("(")
        values[column.name] = {
            "varchar": str(number)[-min(5, int(size.partition(",")[0] or 5)) :],
            "numeric": number % 1000,
            "boolean": number % 2 == 0,
            "date": date(2026, 1, 1) + timedelta(days=number % 60),
            "timestamp": at("00:00") + timedelta(minutes=number),
        }[kind]
    return insert(session, table, **{**values, **columns})


def test_the_specification_names_228_columns() -> None:
    assert len(SOURCES) == 228
    assert {column.name for column in tables.get_table("conflictvisitmaps_temp").columns} >= set(SOURCES)


def test_every_column_comes_from_where_the_specification_says(scratch: Session) -> None:
    parent = filled(scratch, "conflicts", 10_000, CONFLICTID=7, StatusFlag="D")
    row = filled(
        scratch, "conflictvisitmaps", 20_000, CONFLICTID=7, VisitDate=WINDOW["window_end"], StatusFlag="W"
    )
    now = scratch.conn.execute("SELECT localtimestamp AS now").fetchone()
    assert now is not None

    (found,) = snapshot(scratch)

    tables = {"CVM": row, "conflicts": parent}
    wanted = {}
    for target, source in SOURCES.items():
        table, _, column = source.partition(".")
        wanted[target] = tables[table][column] if column else now["now"]
    assert {name: found[name] for name in wanted} == wanted


def test_columns_beyond_the_specification_are_empty(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    filled(scratch, "conflictvisitmaps", 20_000, CONFLICTID=7, VisitDate=WINDOW["window_end"])

    (found,) = snapshot(scratch)

    assert {name for name in found.keys() - SOURCES.keys() if found[name] is not None} == set()


@pytest.mark.parametrize(
    ("columns", "is_in"),
    [
        pytest.param({"VisitDate": WINDOW["window_start"]}, True, id="first day"),
        pytest.param({"VisitDate": WINDOW["window_end"]}, True, id="last day"),
        pytest.param({"VisitDate": WINDOW["window_start"] - timedelta(days=1)}, False, id="day before"),
        pytest.param({"VisitDate": WINDOW["window_end"] + timedelta(days=1)}, False, id="day after"),
        pytest.param({"VisitDate": None}, False, id="no date"),
        pytest.param({"CONFLICTID": 8}, False, id="an orphan"),
        pytest.param({"CONFLICTID": None}, False, id="no parent"),
        pytest.param({"SSN": None, "InserviceStartDate": "2026-03-02"}, True, id="guarded, no SSN"),
    ],
)
def test_rows_of_the_window_with_a_parent_are_in(
    scratch: Session, columns: dict[str, Any], is_in: bool
) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    pair(scratch, **columns)

    assert bool(snapshot(scratch)) is is_in


def test_several_rows_of_one_parent_are_all_in(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    for number in (1, 2):
        pair(scratch, number)

    assert [row["ID"] for row in snapshot(scratch)] == [1, 2]


def test_of_these_only_the_rows_that_fulfil_the_condition(scratch: Session) -> None:
    insert(scratch, "conflicts", CONFLICTID=7)
    for number in (1, 2):
        pair(scratch, number)

    assert [row["ID"] for row in snapshot(scratch, sql.SQL('cvm."ID" = 2'))] == [2]


def same_columns(session: Session) -> set[str]:
    rows = session.rows("steps/snapshot/select_snapshot_columns", VALUES)
    assert len({row["column_name"] for row in rows}) == len(rows)
    return {row["column_name"] for row in rows if row["is_same"]}


def test_it_names_what_the_specification_takes_over_unchanged(scratch: Session) -> None:
    unchanged = {target for target, source in SOURCES.items() if source == f"CVM.{target}"}

    assert same_columns(scratch) == unchanged


def test_a_column_that_the_snapshot_lacks_is_left_out(scratch: Session) -> None:
    before = same_columns(scratch)
    scratch.conn.execute('ALTER TABLE conflict.conflictvisitmaps_temp DROP COLUMN "PName"')

    assert same_columns(scratch) == before - {"PName"}


def test_a_column_of_the_snapshots_own_is_left_out(scratch: Session) -> None:
    before = same_columns(scratch)
    scratch.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "PName"')

    assert same_columns(scratch) == before - {"PName"}


def test_nothing_stays(scratch: Session) -> None:
    for number in (1, 2):
        insert(scratch, "conflictvisitmaps_temp", ID=number)

    assert scratch.execute("steps/snapshot/delete_snapshot").rowcount == 2
    assert read(scratch, "conflictvisitmaps_temp") == []


def test_readers_are_neither_blocked_nor_shown_an_empty_table(database: Postgres, session: Session) -> None:
    insert(session, "conflictvisitmaps_temp", ID=1)
    with database.session("reader") as reader, session.transaction():
        reader.conn.execute("SET lock_timeout = '100ms'")
        session.execute("steps/snapshot/delete_snapshot")

        assert len(read(reader, "conflictvisitmaps_temp")) == 1
