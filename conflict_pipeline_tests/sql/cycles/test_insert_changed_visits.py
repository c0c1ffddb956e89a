from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import visit
from conflict_pipeline_tests.sql.cycles.transactions import from_here

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
OVERLAP = timedelta(hours=24)


def changed(session: Session, transactions_from: str, **values: Any) -> set[str]:
    given = {"updated_until": UNTIL, "overlap": OVERLAP, "transactions_from": transactions_from, **values}
    with session.transaction():
        session.execute("cycles/create_changed_key", given)
        session.execute("cycles/insert_changed_visits", given)
        rows = session.conn.execute("TABLE changed_key").fetchall()
    assert {row["table_name"] for row in rows} <= {"factvisitcallperformance_cr"}
    return {row["key"] for row in rows}


def write(session: Session, name: str, updated: datetime | None) -> None:
    visit(session, name, {"Updated Datatimestamp": updated})


@pytest.mark.parametrize(
    ("updated", "is_in"),
    [
        pytest.param(UNTIL, True, id="at the newest change"),
        pytest.param(UNTIL - OVERLAP, True, id="an overlap before"),
        pytest.param(UNTIL - OVERLAP - timedelta(seconds=1), False, id="still longer before"),
        pytest.param(UNTIL + timedelta(days=1000), True, id="in the future"),
        pytest.param(None, True, id="at an unknown time"),
    ],
)
def test_a_visit_that_was_written_since_is_found_by_the_time_of_its_change(
    session: Session, updated: datetime | None, is_in: bool
) -> None:
    start = from_here(session)
    write(session, "v1", updated)

    assert changed(session, start) == ({"v1"} if is_in else set())


def test_where_that_time_is_unknown_any_will_do(session: Session) -> None:
    start = from_here(session)
    write(session, "v1", UNTIL - 1000 * OVERLAP)

    assert changed(session, start, updated_until=None) == {"v1"}


@pytest.mark.parametrize("updated", [UNTIL, None])
def test_one_that_was_written_before_is_not_in(session: Session, updated: datetime | None) -> None:
    write(session, "v1", updated)

    assert changed(session, from_here(session)) == set()


def test_a_deleted_one_is_in_whenever_it_was_changed(session: Session) -> None:
    write(session, "v1", UNTIL - 1000 * OVERLAP)
    start = from_here(session)
    session.conn.execute("DELETE FROM analytics.factvisitcallperformance_cr")

    assert changed(session, start) == {"v1"}


def test_it_goes_by_the_index(session: Session) -> None:
    session.conn.execute("SET enable_seqscan = off")
    given = {"updated_until": UNTIL, "overlap": OVERLAP, "transactions_from": from_here(session)}
    with session.transaction():
        session.execute("cycles/create_changed_key", given)
        explain = session.statement("cycles/insert_changed_visits").as_string()
        lines = session.conn.execute(f"EXPLAIN {explain}".encode(), given).fetchall()

    plan = "\n".join(next(iter(row.values())) for row in lines)
    assert "factvisitcallperformance_cr_updated" in plan
    assert "Seq Scan" not in plan
