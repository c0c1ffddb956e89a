from datetime import date
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, WINDOW, Row, chunk, cycle, insert, pair
from conflict_pipeline_tests.sql.steps.redetect.two_chunks import NEXT_DAY, SECOND_SSN, ledger_rows

__all__ = ["ledger_rows"]  # fixture


def plan(session: Session, of_chunk: Row, row_id: int, day: date = DAY, ssn: str = SSN) -> None:
    values = {"cycle_id": of_chunk["cycle_id"], "visit_date": day, "ssn": ssn, "row_id": row_id}
    insert(session, "conflict_changed_row", **values)


def rows_of(session: Session, of_chunk: Row) -> list[tuple[int, str, str]]:
    session.conn.execute("DROP TABLE IF EXISTS pg_temp.chunk_row")
    session.execute("cycles/create_chunk_row")
    count = session.execute("cycles/insert_chunk_changed_rows", {**of_chunk, **WINDOW}).rowcount
    rows = session.conn.execute("SELECT * FROM chunk_row ORDER BY row_id").fetchall()
    assert count == len(rows)
    return [(int(row["row_id"]), row["visit_id"], row["con_visit_id"]) for row in rows]


@pytest.mark.parametrize(
    ("day", "ssn", "owner"),
    [
        pytest.param(DAY, SSN, 1, id="the first key is in"),
        pytest.param(DAY, "900000001x", 1, id="a key between is in"),
        pytest.param(DAY, SECOND_SSN, 2, id="the end is the next chunk's"),
        pytest.param(DAY, "900000000", None, id="a key before is out"),
        pytest.param(NEXT_DAY, "", None, id="no SSN, at the end"),
        pytest.param(DAY, "", None, id="no SSN sorts first"),
    ],
)
def test_a_row_is_in_the_chunk_to_whose_range_the_plan_gave_it(
    scratch: Session, ledger_rows: tuple[Row, Row], day: date, ssn: str, owner: int | None
) -> None:
    plan(scratch, ledger_rows[0], 5, day, ssn)
    pair(scratch, 5)

    found = [rows_of(scratch, of_chunk) for of_chunk in ledger_rows]
    assert found == [[(5, "v1", "v2")] if owner == number else [] for number in (1, 2)]


def test_a_row_that_has_got_another_key_since_is_still_its_own(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    plan(scratch, ledger_rows[0], 5)
    pair(scratch, 5, SSN=SECOND_SSN, VisitDate=NEXT_DAY)

    assert [bool(rows_of(scratch, of_chunk)) for of_chunk in ledger_rows] == [True, False]


@pytest.mark.parametrize(
    "columns", [{"CONFLICTID": None}, {"VisitDate": None}, {"VisitDate": date(2020, 1, 1)}]
)
def test_one_that_is_not_eligible_any_more_is_left_out(
    scratch: Session, ledger_rows: tuple[Row, Row], columns: dict[str, Any]
) -> None:
    plan(scratch, ledger_rows[0], 5)
    pair(scratch, 5, **columns)

    assert rows_of(scratch, ledger_rows[0]) == []


def test_rows_that_are_not_in_the_scope_of_its_cycle_are_left_out(
    scratch: Session, ledger_rows: tuple[Row, Row]
) -> None:
    plan(scratch, chunk(scratch, cycle(scratch, cycle_key="c1", state="completed")), 5)
    plan(scratch, ledger_rows[0], 6)
    pair(scratch, 5)

    assert rows_of(scratch, ledger_rows[0]) == []
