"""What a cycle was planned with: its chunks use the copies of the plan, whatever happens to the tables."""

from dataclasses import replace

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, pair, read, small_world, visit
from conflict_pipeline_tests.small_cycles import SMALL, SSNS, do

INCREMENTAL = replace(SMALL, mode="incremental")
# Each changes the result of both rows; beside it, what undoes it and how the next plan names it.
CHANGES = [
    pytest.param(
        'UPDATE conflict.settings SET "ExtraDistancePer" = 0.1',
        'UPDATE conflict.settings SET "ExtraDistancePer" = 1',
        'settings."ExtraDistancePer" has changed',
        id="factor",
    ),
    pytest.param(
        'UPDATE conflict.mph SET "AverageMilesPerHour" = 300',
        'UPDATE conflict.mph SET "AverageMilesPerHour" = 30',
        "the speed bands have changed",
        id="speed",
    ),
    pytest.param(
        """INSERT INTO conflict.excluded_agency ("ID", "ProviderID") VALUES (1, 'p1')""",
        "DELETE FROM conflict.excluded_agency",
        "the excluded agencies or SSNs have changed",
        id="agency",
    ),
    pytest.param(
        """INSERT INTO conflict.excluded_ssn ("ID", "SSN") VALUES (1, '900000001'), (2, '900000002')""",
        "DELETE FROM conflict.excluded_ssn",
        "the excluded agencies or SSNs have changed",
        id="SSN",
    ),
]


@pytest.fixture
def world(session: Session) -> Session:
    """Two rows, a chunk each, whose aides have 10 minutes for a way of 20."""
    small_world(session)
    insert(session, "dimcaregiver", **{"Caregiver Id": "c2", "SSN": SSNS[1]})
    for number, (caregiver, ssn) in enumerate(zip(("c1", "c2"), SSNS, strict=False), start=1):
        names = (f"v1{caregiver}", f"v2{caregiver}")
        times = (("09:00", "11:00"), ("11:10", "12:00"))
        places = ("0,0", "0,0.144731")
        for name, actual, place in zip(names, times, places, strict=True):
            columns = {"Caregiver Id": caregiver, "Provider Id": f"p{name[1]}"}
            visit(session, name, {**columns, "Call In GPS Coordinates": place}, actual=actual)
        pair(session, number, SSN=ssn, VisitID=names[0], ConVisitID=names[1])
    return session


def marks(session: Session) -> list[int | None]:
    """NULL for a re-detected row, 1 for another."""
    return [row["UpdateFlag"] for row in read(session, "conflictvisitmaps")]


@pytest.mark.parametrize(("change", "undo", "reason"), CHANGES)
def test_a_change_between_two_chunks_concerns_the_next_cycle_only(
    database: Postgres, world: Session, change: str, undo: str, reason: str
) -> None:
    first = run.plan_cycle(world, INCREMENTAL, "run")
    do(database, first.partition_keys[0])
    world.conn.execute(change.encode())
    do(database, first.partition_keys[1])
    ledger.close_cycle(world, first.cycle_id)
    assert marks(world) == [None, None]

    second = run.plan_cycle(world, INCREMENTAL, "run")
    do(database, *second.partition_keys)

    assert (second.mode, second.mode_reason, marks(world)) == ("full", reason, [1, 1])


@pytest.mark.parametrize(("change", "undo", "reason"), CHANGES)
def test_a_change_that_is_undone_before_the_next_plan_leaves_no_trace(
    database: Postgres, world: Session, change: str, undo: str, reason: str
) -> None:
    first = run.plan_cycle(world, INCREMENTAL, "run")
    world.conn.execute(change.encode())
    do(database, *first.partition_keys)
    world.conn.execute(undo.encode())
    ledger.close_cycle(world, first.cycle_id)

    assert run.plan_cycle(world, INCREMENTAL, "run").mode == "incremental"
    assert marks(world) == [None, None]
