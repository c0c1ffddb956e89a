"""conflict_chunk_status and conflict_cycle_status, with chunks in every state."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.defs import partitions
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import Plan
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.end_to_end.cycles import open_cycle
from conflict_pipeline_tests.end_to_end.processes import (
    CONFIG,
    SETTINGS,
    Start,
    add_trigger,
    chunks,
    cycle_states,
    drop_trigger,
    in_progress_flag,
    materialized,
    start,
    start_job,
    values,
    wait_until,
)

__all__ = ["start", "start_job"]  # fixtures

STATES = ("pending", "running", "stuck", "completed", "failed", "skipped")


@pytest.fixture
def session(sample: Postgres) -> Iterator[Session]:
    """A session that observes."""
    with sample.session("test") as session:
        yield session


@pytest.fixture
def plan(session: Session, dagster_home: Path) -> Plan:
    """An open cycle with pending chunks only; Dagster knows its partitions."""
    plan = open_cycle(session, SETTINGS)
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        partitions.register(instance, plan.partition_keys, [])
    return plan


def _shown(session: Session) -> dict[str, int]:
    """The newest cycle's chunks counted by status, without zeros; both views must agree."""
    row = session.conn.execute(
        "SELECT * FROM conflict.conflict_cycle_status ORDER BY cycle_id DESC LIMIT 1"
    ).fetchone()
    assert row is not None
    by_status = Counter(
        chunk["status"] for chunk in chunks(session).values() if chunk["cycle_id"] == row["cycle_id"]
    )
    assert {state: row[state] for state in STATES} == {state: by_status[state] for state in STATES}
    assert row["chunks"] == by_status.total()
    return dict(by_status)


def _kill_a_worker_that_has_started(session: Session, start_job: Start, key: str) -> None:
    add_trigger(session, "slow", "PERFORM pg_sleep(60);")
    worker = start_job("process_task02_chunk", key=key)
    wait_until(lambda: chunks(session)[key]["attempts"] == 1, "start of the chunk", worker)
    assert chunks(session)[key]["status"] == "running"
    worker.kill()
    session.conn.execute("SELECT pg_terminate_backend(%s, 5000)", [chunks(session)[key]["held_by_pid"]])
    drop_trigger(session, "slow")


def _fail(sample: Postgres, session: Session, key: str) -> None:
    add_trigger(session, "poison", "RAISE EXCEPTION 'no';")
    with pytest.raises(PipelineError):
        process_chunk(lambda: sample.session("worker"), key, "run")
    drop_trigger(session, "poison")


def test_every_state_is_shown_in_both_views_and_by_the_command(
    sample: Postgres, session: Session, plan: Plan, start: Start, start_job: Start
) -> None:
    done, failed, stuck, held, *rest = plan.partition_keys
    assert _shown(session) == {"pending": len(plan.partition_keys)}

    process_chunk(lambda: sample.session("worker"), done, "run")
    _fail(sample, session, failed)
    _kill_a_worker_that_has_started(session, start_job, stuck)
    with sample.session("worker") as worker, ledger.claimed(worker, held):
        status = start("conflict_pipeline.cli", "status", "--all")
        assert status.wait() == 0, status.output
        found = chunks(session)
        assert _shown(session) == {
            "completed": 1,
            "failed": 1,
            "stuck": 1,
            "running": 1,
            "pending": len(rest),
        }
        assert found[held]["held_by_pid"] == worker.conn.info.backend_pid

    expected = {done: "completed", failed: "failed", stuck: "stuck", held: "running"}
    assert {key: chunk["status"] for key, chunk in found.items()} == {
        **expected,
        **dict.fromkeys(rest, "pending"),
    }
    words = [line.split() for line in status.output.splitlines()]
    lines = {line[0]: line[1] for line in words if line and line[0] in found}
    assert lines == {key: chunk["status"] for key, chunk in found.items()}
    assert f"Cycle {plan.cycle_key} is open." in status.output
    assert "1 completed, 1 running" in status.output
    assert "conflict-pipeline retry" in status.output
    assert _shown(session) == {"completed": 1, "failed": 1, "stuck": 1, "pending": len(rest) + 1}


def test_a_cancelled_cycle_is_skipped_and_the_next_job_starts_another(
    sample: Postgres, session: Session, plan: Plan, start: Start, start_job: Start, dagster_home: Path
) -> None:
    done, late, *rest = plan.partition_keys
    process_chunk(lambda: sample.session("worker"), done, "run")

    cancel = start("conflict_pipeline.cli", "cancel", "--yes")

    assert cancel.wait() == 0, cancel.output
    assert f"{len(rest) + 1} of its {len(plan.partition_keys)} chunks not completed." in cancel.output
    assert cycle_states(session) == ["superseded"]
    assert in_progress_flag(session) == 2
    assert _shown(session) == {"completed": 1, "skipped": len(rest) + 1}
    assert {error for error in values(session, "error").values() if error} == {"cancelled"}

    chunk_run = start_job("process_task02_chunk", key=late)

    assert chunk_run.wait() == 0, chunk_run.output
    assert f"Chunk {late} was skipped: its cycle was cancelled." in chunk_run.output
    assert materialized(dagster_home) == set()
    assert chunks(session)[late]["attempts"] == 0

    job = start_job("conflict_report", CONFIG)

    assert job.wait() == 0, job.output
    assert cycle_states(session) == ["superseded", "completed"]
    assert _shown(session) == {"completed": len(plan.partition_keys)}
    status = start("conflict_pipeline.cli", "status")
    assert status.wait() == 0, status.output
    assert "is completed." in status.output
