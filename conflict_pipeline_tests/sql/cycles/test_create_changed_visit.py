from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, WINDOW, Row, insert
from conflict_pipeline_tests.sql.cycles.transactions import DAY_LATER, SAME_WINDOWS

NOTED = {
    "caregiver_id": "c",
    "provider_id": "p",
    "office_id": "o",
    "provider_patient_id": "t",
    "payer_patient_id": "tt",
    "payer_id": "y",
    "contract_id": "k",
    "service_code_id": "s",
    "user_id": "u",
}


def changed(session: Session, *keys: tuple[str, str | None], windows: Row = SAME_WINDOWS) -> set[str]:
    """The visits, where these keys of these tables have changed."""
    with session.transaction():
        session.conn.execute("CREATE TEMPORARY TABLE changed_key (table_name text, key text) ON COMMIT DROP")
        for table, key in keys:
            session.conn.execute("INSERT INTO changed_key VALUES (%s, %s)", [table, key])
        session.execute("cycles/create_changed_visit", windows)
        found = {row["visit_id"] for row in session.conn.execute("TABLE changed_visit")}
        session.conn.execute("DROP TABLE changed_key, changed_visit")
    return found


def note(session: Session, name: str, **columns: Any) -> None:
    insert(session, "conflict_visit", visit_id=name, **{"visit_date": DAY, **columns})


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("dimcaregiver", "c"),
        ("dimprovider", "p"),
        ("dimoffice", "o"),
        ("dimpatient", "t"),
        ("dimpatient", "tt"),
        ("dimpatientaddress", "t"),
        ("dimpatientaddress", "tt"),
        ("dimpayer", "y"),
        ("dimcontract", "k"),
        ("dimservicecode", "s"),
        ("dimuser", "u"),
    ],
)
def test_a_visit_is_enriched_from_each_of_these(scratch: Session, table: str, key: str) -> None:
    note(scratch, "v1", **NOTED)
    note(scratch, "v2", **{name: f"other {value}" for name, value in NOTED.items()})
    note(scratch, "v3")

    assert changed(scratch, (table, key)) == {"v1"}


def test_the_key_of_another_table_does_not_count(scratch: Session) -> None:
    note(scratch, "v1", **dict.fromkeys(NOTED, "x"))

    assert changed(scratch, ("conflictvisitmaps", "x"), ("dimuser", None)) == set()


def test_a_visit_that_has_changed_itself_need_not_be_noted(scratch: Session) -> None:
    note(scratch, "v2")

    assert changed(scratch, ("factvisitcallperformance_cr", "v1")) == {"v1"}


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], True, id="left"),
        pytest.param(WINDOW["window_start"] + timedelta(days=1), False, id="still in"),
        pytest.param(WINDOW["window_end"], False, id="in as before"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), True, id="entered"),
        pytest.param(WINDOW["window_end"] + timedelta(days=2), False, id="still out"),
        pytest.param(None, False, id="no date"),
    ],
)
def test_a_date_that_has_come_into_the_window_or_left_it_counts(
    scratch: Session, day: Any, is_in: bool
) -> None:
    note(scratch, "v1", visit_date=day)

    assert changed(scratch, windows=DAY_LATER) == ({"v1"} if is_in else set())
    assert changed(scratch) == set()
