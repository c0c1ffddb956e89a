"""Rows whose update takes them out of their chunk's range, as update_rows.sql records them."""

from datetime import timedelta
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, change, equal_visits, pair, read
from conflict_pipeline_tests.sql.steps.redetect.steps import update


@pytest.fixture
def world(scratch: Session) -> Session:
    """The row of two visits of SSN on DAY with equal scheduled times."""
    equal_visits(scratch)
    return scratch


def first_of_two_chunks(session: Session, **columns: Any) -> Chunk:
    """The chunk of the row with these columns, which ends before the key of the visits."""
    change(session, "conflictvisitmaps", **columns)
    pair(session, 2)
    key = run.plan_cycle(session, CycleSettings(1, 1, lookback_years=50), "run").partition_keys[0]
    session.conn.execute('DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 2')
    with ledger.claimed(session, key) as chunk:
        return chunk


@pytest.mark.parametrize("ssn", [SSN, None, "999999999"], ids=["as it was", "from below", "from above"])
def test_a_row_that_stays_in_the_range_is_not_recorded(world: Session, ssn: str | None) -> None:
    change(world, "conflictvisitmaps", SSN=ssn)

    update(world)

    assert read(world, "conflictvisitmaps")[0]["SSN"] == SSN
    assert not read(world, "conflict_moved_row")


@pytest.mark.parametrize(
    "columns", [{"SSN": "900000000"}, {"SSN": None}, {"VisitDate": DAY - timedelta(days=1)}]
)
def test_a_row_that_leaves_the_range_is_recorded(world: Session, columns: dict[str, Any]) -> None:
    chunk = first_of_two_chunks(world, **columns)

    update(world, chunk)

    (moved,) = read(world, "conflict_moved_row")
    assert moved == {"cycle_id": chunk.cycle_id, "row_id": 1, "chunk_id": chunk.chunk_id}
    (row,) = read(world, "conflictvisitmaps")
    assert (row["VisitDate"], row["SSN"]) == (DAY, SSN)


def test_a_second_update_of_a_recorded_row_is_no_error(world: Session) -> None:
    chunk = first_of_two_chunks(world, SSN="900000000")

    counts = [update(world, chunk)["redetected"] for _ in range(2)]

    assert counts == [1, 1]
    assert len(read(world, "conflict_moved_row")) == 1
