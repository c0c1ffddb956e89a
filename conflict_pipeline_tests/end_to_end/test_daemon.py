"""Webserver and daemon: what sensors start, and what an operator starts in the UI (through its GraphQL)."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.end_to_end.dev_server import DevServer, dev_server
from conflict_pipeline_tests.end_to_end.processes import wait_until

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

POISON = """
    CREATE FUNCTION conflict.poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'SSN 900000000 must not be updated';
    END $$;
    CREATE TRIGGER poison BEFORE UPDATE ON conflict.conflictvisitmaps
    FOR EACH ROW WHEN (OLD."ID" = {row_id}) EXECUTE FUNCTION conflict.poison()
"""
# The sample's chunks take a fifth of a second, less than the interval of the observation.
LASTING = """
    CREATE FUNCTION conflict.last() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(1);
        RETURN NULL;
    END $$;
    CREATE TRIGGER lasting BEFORE UPDATE ON conflict.conflictvisitmaps
    FOR EACH STATEMENT EXECUTE FUNCTION conflict.last()
"""
CHUNKS = 30


@pytest.fixture
def server_environment(dagster_home: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Dagster's home, and the job that a load starts if a test names one."""
    job = {"CYCLE_JOB": request.param} if hasattr(request, "param") else {}
    return {"DAGSTER_HOME": str(dagster_home), **job}


@pytest.fixture
def waiting_sample(sample: Postgres) -> Postgres:
    """The sample before its upstream load has ended, so that no cycle is due."""
    with sample.session("wait") as session:
        session.conn.execute("TRUNCATE analytics.factdatarefreshstatus")
    return sample


@pytest.fixture
def dagster(
    waiting_sample: Postgres, server_environment: dict[str, str], tmp_path: Path
) -> Iterator[DevServer]:
    with dev_server(server_environment, tmp_path) as running:
        yield running


def _wait_for(database: Postgres, until: Callable[[Cycle | None], bool], seconds: float) -> Cycle | None:
    """Wait until the newest cycle is as wanted; return it, also when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        with database.session("wait") as session:
            cycle = ledger.newest_cycle(session)
        if until(cycle) or time.monotonic() > deadline:
            return cycle
        time.sleep(0.5)


@pytest.mark.parametrize("server_environment", ["start_cycle", "conflict_report"], indirect=True)
def test_an_upstream_load_leads_to_a_completed_cycle_without_an_operator(
    waiting_sample: Postgres, counts: SampleCounts, dagster: DevServer
) -> None:
    with waiting_sample.session("load") as session:
        session.conn.execute(
            "INSERT INTO analytics.factdatarefreshstatus VALUES"
            " ('Conflict Report', 'success', '2026-01-01 02:00'),"
            " ('Conflict Report', 'success', '2026-01-02 02:00'),"
            " ('Conflict Report', 'failed', '2026-01-03 02:00'), ('Billing', 'success', '2026-01-04 02:00')"
        )

    cycle = _wait_for(waiting_sample, lambda cycle: cycle is not None and cycle.state == "completed", 180)

    assert cycle is not None
    assert cycle.state == "completed", dagster.log.read_text()[-3000:]
    assert (cycle.planned, cycle.counts["redetect"]["redetected"]) == (counts.eligible, counts.redetected)
    assert dagster.partition_counts() == {
        "numMaterialized": cycle.chunks,
        "numFailed": 0,
        "numPartitions": cycle.chunks,
    }
    with waiting_sample.session("after") as session:
        flag = session.conn.execute('SELECT "InProgressFlag" AS flag FROM conflict.settings').fetchone()
        included = session.conn.execute("SELECT cycle_id FROM conflict.conflict_upstream_load").fetchall()
    assert flag == {"flag": 2}
    assert included == [{"cycle_id": cycle.cycle_id}] * 2
    with waiting_sample.session("after") as session:
        # One cycle for both loads: the sensor has no reason to start another.
        assert ledger.due_loads(session).loads == 0
        assert ledger.require_cycle(session).cycle_id == cycle.cycle_id


def test_a_backfill_runs_five_chunks_at_the_same_time_and_a_poisoned_one_fails_alone_until_it_is_retried(
    waiting_sample: Postgres, counts: SampleCounts, dagster: DevServer
) -> None:
    dagster.stop_sensor("pending_chunks")  # here an operator starts the chunks
    keys = _plan(waiting_sample, dagster)
    poisoned = keys[6]
    with waiting_sample.session("poison") as session:
        session.conn.execute(POISON.format(row_id=_row_of(session, poisoned)))
        session.conn.execute(LASTING)

    most_running = _watch(waiting_sample, dagster, dagster.backfill(keys))

    assert 2 <= most_running <= 5
    with waiting_sample.session("after") as session:
        failed = [chunk for chunk in ledger.chunks(session, 1) if chunk["status"] != "completed"]
    assert [chunk["partition_key"] for chunk in failed] == [poisoned]
    assert "900000000" not in failed[0]["error"]
    assert dagster.partition_counts() == {
        "numMaterialized": len(keys) - 1,
        "numFailed": 1,
        "numPartitions": len(keys),
    }

    with waiting_sample.session("mend") as session:
        session.conn.execute("DROP TRIGGER poison ON conflict.conflictvisitmaps")
    _watch(waiting_sample, dagster, dagster.backfill([poisoned]))

    cycle = _wait_for(waiting_sample, lambda cycle: cycle is not None and cycle.state == "completed", 120)
    assert cycle is not None
    assert (cycle.state, cycle.counts["redetect"]["redetected"]) == ("completed", counts.redetected)
    assert dagster.partition_counts()["numMaterialized"] == len(keys)
    with waiting_sample.session("after") as session:
        attempts = {chunk["partition_key"]: chunk["attempts"] for chunk in ledger.chunks(session, 1)}
    assert attempts == {key: 2 if key == poisoned else 1 for key in keys}


def _plan(database: Postgres, dagster: DevServer) -> list[str]:
    """Launch the job get_task02_chunks with a chunk size of its own; return the partition keys."""
    with database.session("plan") as session:
        rows = run.plan_cycle(session, CycleSettings(), "probe").rows
        session.conn.execute("TRUNCATE conflict.conflict_cycle RESTART IDENTITY CASCADE")
    dagster.launch_job(
        "get_task02_chunks",
        {"ops": {"conflict_chunks": {"config": {"target_chunk_size": rows // CHUNKS}}}},
    )
    cycle = _wait_for(database, lambda cycle: cycle is not None, 120)
    assert cycle is not None
    # The partitions are registered after the plan is committed.
    wait_until(lambda: dagster.partition_counts()["numPartitions"] == cycle.chunks, "the partitions")
    with database.session("plan") as session:
        return [chunk["partition_key"] for chunk in ledger.chunks(session, cycle.cycle_id)]


def _row_of(session: Session, key: str) -> int:
    row = session.conn.execute(
        """SELECT min(cvm."ID") AS id FROM conflict.conflictvisitmaps AS cvm, conflict.conflict_chunk AS chunk
        WHERE chunk.partition_key = %s AND cvm."CONFLICTID" IS NOT NULL
            AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") >= (chunk.from_date, chunk.from_ssn)
            AND (cvm."VisitDate", coalesce(cvm."SSN", '') COLLATE "C") < (chunk.to_date, chunk.to_ssn)""",
        [key],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def _watch(database: Postgres, dagster: DevServer, backfill: str) -> int:
    """Wait for the end of a backfill; return how many chunks were running at the same time, at most."""
    most = 0
    deadline = time.monotonic() + 420
    looks = 0
    with database.session("watch") as session:
        while time.monotonic() < deadline:
            row = session.conn.execute(
                "SELECT count(*) AS n FROM conflict.conflict_chunk_status WHERE status = 'running'"
            ).fetchone()
            assert row is not None
            most = max(most, int(row["n"]))
            looks += 1
            if looks % 40 == 0 and dagster.backfill_status(backfill).startswith(("COMPLETED", "FAILED")):
                return most
            time.sleep(0.05)
    raise AssertionError(dagster.log.read_text()[-3000:])
