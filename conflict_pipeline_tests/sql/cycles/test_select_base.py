from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, cycle
from conflict_pipeline_tests.sql.cycles.transactions import own

MONTH = {"days": 30}


def closed(session: Session, number: int, *, later: int = 0, **columns: Any) -> int:
    """A completed cycle whose inputs are noted, as of this transaction or one that is `later`."""
    inputs = Jsonb({"transactions_from": own(session, later)})
    values = {"cycle_key": f"c{number}", "state": "completed", "inputs": inputs, **columns}
    return int(cycle(session, **values)["cycle_id"])


def base(session: Session) -> int | None:
    row = session.row("cycles/select_baseline", MONTH)
    return row["cycle_id"] if row else None


def test_before_any_cycle_there_is_none(scratch: Session) -> None:
    assert base(scratch) is None


def test_the_newest_completed_one_comes_with_its_window_and_inputs(scratch: Session) -> None:
    closed(scratch, 1)
    newest = closed(scratch, 2)

    row = scratch.row("cycles/select_baseline", MONTH)

    assert row is not None
    assert (row["cycle_id"], row["cycle_key"]) == (newest, "c2")
    assert {name: row[name] for name in WINDOW} == WINDOW
    assert row["inputs"] == {"transactions_from": own(scratch)}


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"state": "open"}, id="open"),
        pytest.param({"state": "superseded"}, id="superseded"),
        pytest.param({"inputs": None}, id="inputs not noted"),
        pytest.param({"later": 1000}, id="another server's"),
        pytest.param({"later": -2_000_000_100}, id="too many transactions ago"),
    ],
)
def test_otherwise_an_older_one_is_the_base(scratch: Session, columns: dict[str, Any]) -> None:
    older = closed(scratch, 1)
    closed(scratch, 2, **columns)

    assert base(scratch) == older


@pytest.mark.parametrize(
    ("ago", "is_base"), [(timedelta(days=29, hours=23), True), (timedelta(days=30), False)]
)
def test_one_of_too_many_days_ago_is_none(scratch: Session, ago: timedelta, is_base: bool) -> None:
    row = scratch.conn.execute("SELECT now() AS now").fetchone()
    assert row is not None
    number = closed(scratch, 1, opened_at=row["now"] - ago)

    assert base(scratch) == (number if is_base else None)
