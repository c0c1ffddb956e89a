from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, insert, visit
from conflict_pipeline_tests.sql.cycles.transactions import own

TABLES = ["factvisitcallperformance_cr", "dimuser"]
VALUES = {"conflict_schema": "conflict", "analytics_schema": "analytics", "tables": TABLES}
VISITS = "factvisitcallperformance_cr"
LONG_AGO = datetime(2026, 3, 2, 12, tzinfo=UTC)


def inputs(session: Session) -> Row:
    return session.one("cycles/select_inputs", VALUES)


def until(session: Session) -> datetime | None:
    text = inputs(session)["visits_updated_until"]
    return text and datetime.fromisoformat(text)


def test_of_an_empty_database_they_are_known_too(scratch: Session) -> None:
    found = inputs(scratch)

    assert found.pop("files").keys() == set(TABLES)
    assert found.pop("columns")
    assert int(found.pop("transactions_from")) > 0
    assert found.pop("time_zone") == "UTC"
    assert set(found.values()) == {None}


def test_the_same_rows_in_another_order_are_the_same(scratch: Session) -> None:
    values = [{"ID": 1, "ProviderID": "p1"}, {"ID": 2, "ProviderID": "p2"}]
    found = []
    for order in (values, values[::-1]):
        with scratch.transaction(force_rollback=True):
            for row in order:
                insert(scratch, "excluded_agency", **row)
                insert(scratch, "mph", ID=row["ID"], From=row["ID"])
            found.append([inputs(scratch)[name] for name in ("exclusions", "speed_bands")])

    assert found[0] == found[1]


def test_an_agency_is_no_ssn(scratch: Session) -> None:
    found = []
    for table, column in (("excluded_agency", "ProviderID"), ("excluded_ssn", "SSN")):
        with scratch.transaction(force_rollback=True):
            insert(scratch, table, ID=1, **{column: "900000001"})
            found.append(inputs(scratch)["exclusions"])

    assert found[0] != found[1]


def test_no_row_of_exclusions_is_legible(scratch: Session) -> None:
    insert(scratch, "excluded_ssn", ID=1, SSN="900000001")

    assert "900000001" not in repr(inputs(scratch))


def test_a_transaction_at_work_may_not_have_been_seen(scratch: Session) -> None:
    at_work = own(scratch)

    assert int(inputs(scratch)["transactions_from"]) <= int(at_work)


@pytest.mark.parametrize(
    ("updated", "watermark", "expected"),
    [
        pytest.param([None, LONG_AGO], None, LONG_AGO, id="the newest"),
        pytest.param([LONG_AGO], LONG_AGO + timedelta(days=1), LONG_AGO, id="a load came further"),
        pytest.param(
            [LONG_AGO], LONG_AGO - timedelta(days=1), LONG_AGO - timedelta(days=1), id="the load's watermark"
        ),
        pytest.param([None], None, None, id="none is known"),
        pytest.param([], None, None, id="no visit"),
        pytest.param([], LONG_AGO, None, id="no visit any more"),
    ],
)
def test_visits_to_come_are_not_older_than(
    scratch: Session, updated: list[Any], watermark: datetime | None, expected: datetime | None
) -> None:
    for number, moment in enumerate(updated):
        visit(scratch, f"v{number}", {"Updated Datatimestamp": moment})
    insert(scratch, "load_watermark", table_name="another", watermark=LONG_AGO - timedelta(days=9))
    if watermark:
        insert(scratch, "load_watermark", table_name=VISITS, watermark=watermark)

    assert until(scratch) == expected


def test_nor_than_now_whatever_a_visit_from_the_future_says(scratch: Session) -> None:
    visit(scratch, "v1", {"Updated Datatimestamp": datetime(2100, 1, 1, tzinfo=UTC)})

    found = until(scratch)
    assert found is not None
    assert found <= datetime.now(UTC) + timedelta(minutes=1)
