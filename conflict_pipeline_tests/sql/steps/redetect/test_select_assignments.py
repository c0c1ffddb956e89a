from datetime import date

import pytest

from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, Row
from conflict_pipeline_tests.sql.steps.redetect.steps import take_every_row

CONFLICTVISITMAPS = tables.get_table("conflictvisitmaps")


@pytest.fixture
def assignments(scratch: Session) -> dict[str, Row]:
    """What the visits fill, by target column."""
    take_every_row(scratch)
    scratch.execute("steps/redetect/create_visits", WINDOW)
    rows = scratch.rows("steps/redetect/select_assignments", {"conflict_schema": "conflict"})
    assert len({row["target"] for row in rows}) == len(rows)
    return {row["target"]: row for row in rows if row["side"]}


@pytest.mark.parametrize(
    ("target", "side", "source", "type_name"),
    [
        ("SSN", "p", "SSN", "character varying(50)"),
        ("ProviderName", "p", "ProviderName", "character varying(100)"),
        ("ConProviderName", "c", "ProviderName", "character varying(100)"),
        ("AideStatus", "p", "AideStatus", "character varying(50)"),
        ("ConAideStatus", "c", "AideStatus", "character varying(20)"),
        ("ConPA_PCity", "c", "PA_PCity", "character varying(255)"),
        ("BillRateBoth", "p", "BillRateBoth", "numeric(22,6)"),
        # Not "Con" + "tract": a column that only looks like one of the conflicting side.
        ("Contract", "p", "Contract", "character varying(50)"),
        ("ConContract", "c", "Contract", "character varying(50)"),
        ("ContractType", "p", "ContractType", "character varying(30)"),
    ],
)
def test_a_column_goes_to_its_namesake_and_to_con_and_its_name(
    assignments: dict[str, Row], target: str, side: str, source: str, type_name: str
) -> None:
    assert assignments[target] == {
        "target": target,
        "side": side,
        "source": source,
        "type_name": type_name,
    }


@pytest.mark.parametrize("name", ["ConSSN", "ConVisitDate", "VisitDate"])
def test_date_and_ssn_come_from_the_primary_visit_alone(assignments: dict[str, Row], name: str) -> None:
    assert (name in assignments) is (name == "VisitDate")


@pytest.mark.parametrize("name", ["is_done", "starts_at", "primary_latitude", "bad_gps"])
def test_columns_for_the_rules_go_nowhere(assignments: dict[str, Row], name: str) -> None:
    assert name not in {row["source"] for row in assignments.values()}


@pytest.mark.parametrize(
    "name", ["ID", "CONFLICTID", "GroupID", "CreatedDate", "InserviceStartDate", "PName"]
)
def test_what_is_not_the_visits_is_not_assigned(assignments: dict[str, Row], name: str) -> None:
    assert name not in assignments


def test_every_other_column_comes_with_its_type_alone(scratch: Session) -> None:
    take_every_row(scratch)
    scratch.execute("steps/redetect/create_visits", WINDOW)

    rows = scratch.rows("steps/redetect/select_assignments", {"conflict_schema": "conflict"})

    assert {row["target"]: row["type_name"] for row in rows} == schema.column_types(
        scratch, CONFLICTVISITMAPS
    )
    assert {row["source"] for row in rows if row["side"] is None} == {None}


def test_a_dropped_column_is_not_assigned(scratch: Session) -> None:
    scratch.conn.execute('ALTER TABLE conflict.conflictvisitmaps DROP COLUMN "ConOffice"')
    take_every_row(scratch)
    day = date(2026, 1, 1)
    scratch.execute("steps/redetect/create_visits", {"window_start": day, "window_end": day})

    rows = scratch.rows("steps/redetect/select_assignments", {"conflict_schema": "conflict"})

    assert {"Office"} == {row["target"] for row in rows if row["source"] == "Office"}
