"""Which columns update_rows.sql writes: those of update_columns.csv, copied from the specification."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, at, change, equal_visits, insert, read
from conflict_pipeline_tests.sql.steps.redetect.steps import update

# A row's own: they say which row it is, whether it is guarded, and where it was before.
GIVEN = {"ID": 1, "CONFLICTID": 7, "VisitID": "v1", "ConVisitID": "v2", "StatusFlag": "R"}
OLD = {
    "varchar": "#",
    "numeric": -7,
    "boolean": False,
    "date": date(2025, 1, 1),
    "timestamp": at("01:00"),
}


def columns_to_write() -> set[str]:
    with (Path(__file__).parent / "update_columns.csv").open(newline="", encoding="utf-8") as file:
        return {row["target_column"] for row in csv.DictReader(file)}


def old_row(session: Session) -> Row:
    """A row with an old value in every column, but those that would guard it."""
    values: dict[str, Any] = {
        column.name: OLD[column.type_name.partition("(")[0]]
        for column in tables.get_table("conflictvisitmaps").columns
        if not any(guard in column.name for guard in ("Inservice", "PTOStart", "PTOEnd"))
    }
    return insert(session, "conflictvisitmaps", **{**values, **dict.fromkeys(RULE_COLUMNS, "N"), **GIVEN})


def test_the_specification_names_201_columns() -> None:
    assert len(columns_to_write()) == 201


def test_each_of_them_is_written_and_no_other(scratch: Session) -> None:
    equal_visits(scratch)
    scratch.conn.execute("DELETE FROM conflict.conflictvisitmaps")
    change(scratch, "factvisitcallperformance_cr", **{"Is Missed": True})
    before = old_row(scratch)

    update(scratch)

    (after,) = read(scratch, "conflictvisitmaps")
    changed = {name for name in before if after[name] != before[name]}
    # The visits' IDs can only be written as they are, and one rule alone holds.
    unchanged_by_nature = {"VisitID", "ConVisitID", *RULE_COLUMNS} - {"SameSchTimeFlag"}
    assert changed == columns_to_write() - unchanged_by_nature
