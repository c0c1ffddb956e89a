"""A row that another session changes while its chunk runs: the chunk leaves it to the next cycle."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.model import Chunk
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import redetect
from conflict_pipeline_tests.rows import WIDE, Row, equal_visits, insert, pair, read, visit
from conflict_pipeline_tests.small_cycles import do

INCREMENTAL = replace(WIDE, mode="incremental")
OTHER_VISITS = ["\"VisitID\" = 'v3'", "\"ConVisitID\" = 'v3'", '"VisitID" = NULL', '"ConVisitID" = NULL']
NO_LONGER_ELIGIBLE = ['"CONFLICTID" = NULL', "\"VisitDate\" = '1900-01-01'", '"VisitDate" = NULL']


@pytest.fixture
def world(session: Session) -> Session:
    """Three rows: 1 and 2 are re-detected, 3 is not."""
    equal_visits(session)
    insert(session, "conflicts", CONFLICTID=7)
    visit(session, "v3", scheduled=("20:00", "21:00"))
    pair(session, 2)
    pair(session, 3, ConVisitID="unknown")
    return session


@pytest.fixture
def process(
    database: Postgres, world: Session, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[Row, int]]:
    """Run a cycle during whose chunk another session commits a statement; return its counts and its ID."""

    def process(statement: str) -> tuple[Row, int]:
        plan = run.plan_cycle(world, INCREMENTAL, "run")
        update_rows = redetect.update_rows

        def disturbed(session: Session, chunk: Chunk) -> Any:
            world.conn.execute(statement.encode())
            return update_rows(session, chunk)

        monkeypatch.setattr(redetect, "update_rows", disturbed)
        (result,) = do(database, *plan.partition_keys)
        monkeypatch.undo()
        ledger.close_cycle(world, plan.cycle_id)
        return result.counts["redetect"].as_json(), plan.cycle_id

    return process


def row(session: Session, number: int) -> Row:
    return read(session, "conflictvisitmaps")[number - 1]


@pytest.mark.parametrize("change", [*OTHER_VISITS, *NO_LONGER_ELIGIBLE])
def test_what_another_session_wrote_is_not_overwritten(
    world: Session, process: Callable[[str], tuple[Row, int]], change: str
) -> None:
    before = row(world, 1)

    counts, cycle_id = process(f'UPDATE conflict.conflictvisitmaps SET {change} WHERE "ID" = 1')

    name, value = change.replace('"', "").replace("'", "").split(" = ")
    after = row(world, 1)
    assert str(after[name]) == value.replace("NULL", "None")
    assert {**after, name: before[name]} == before
    assert [row(world, 2)[name] for name in ("StatusFlag", "UpdateFlag")] == ["U", None]
    assert counts.items() >= {"rows": 3, "redetected": 1, "not_redetected": 1, "guarded": 0}.items()
    assert counts["changed_meanwhile"] == 1
    assert world.one("steps/redetect/check_counts_add_up", {"cycle_id": cycle_id}) == {"failing": 0}


@pytest.mark.parametrize("change", OTHER_VISITS)
def test_the_next_incremental_cycle_looks_at_it(
    database: Postgres, world: Session, process: Callable[[str], tuple[Row, int]], change: str
) -> None:
    process(f'UPDATE conflict.conflictvisitmaps SET {change} WHERE "ID" = 1')

    plan = run.plan_cycle(world, INCREMENTAL, "run")
    do(database, *plan.partition_keys)

    assert (plan.mode, plan.rows) == ("incremental", 1)
    assert row(world, 1)["UpdateFlag"] == 1


def test_a_row_that_was_deleted_is_counted_as_changed(
    world: Session, process: Callable[[str], tuple[Row, int]]
) -> None:
    counts, _ = process('DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 1')

    assert (counts["rows"], counts["redetected"], counts["changed_meanwhile"]) == (3, 1, 1)


def test_a_chunk_that_waits_for_the_other_session_leaves_the_row_too(
    database: Postgres, world: Session
) -> None:
    plan = run.plan_cycle(world, INCREMENTAL, "run")
    with database.session("other") as other, ThreadPoolExecutor(1) as thread:
        with other.transaction():
            other.conn.execute("""UPDATE conflict.conflictvisitmaps SET "ConVisitID" = 'v3' WHERE "ID" = 1""")
            work = thread.submit(lambda: do(database, *plan.partition_keys))
            wait_until_a_session_waits(world)
        (result,) = work.result()

    assert [row(world, 1)[name] for name in ("ConVisitID", "StatusFlag")] == ["v3", "R"]
    assert result.counts["redetect"].as_json()["changed_meanwhile"] == 1


def wait_until_a_session_waits(session: Session) -> None:
    for _ in range(500):
        if session.conn.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount:
            return
        time.sleep(0.02)
    pytest.fail("no session waits")
