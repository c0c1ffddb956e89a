"""The event chunks_stuck, of the sensor pending_chunks."""

import json
import time
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs.sensors.chunks import ALERT_INTERVAL, STALLED_TIMEOUT, pending_chunks
from conflict_pipeline.defs.sensors.runs import MAX_RUNS
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.dagster_runs import PARTITION, POSTGRES, add_run
from conflict_pipeline_tests.defs.test_sensors_pending_chunks import open_chunks
from conflict_pipeline_tests.rows import change

Tick = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def tick(
    session: Session,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Tick:
    """The events of one look, which knows what the looks before it have told."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    load_settings.cache_clear()
    cursor: str | None = None

    def look() -> list[dict[str, Any]]:
        nonlocal cursor
        with dg.build_sensor_context(instance=instance, resources=POSTGRES, cursor=cursor) as context:
            pending_chunks(context)
            cursor = context.cursor
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    return look


def age(session: Session, seconds: float) -> None:
    session.conn.execute(
        "UPDATE conflict.conflict_cycle SET opened_at = opened_at - make_interval(secs => %s)", [seconds]
    )


def test_chunks_that_wait_or_are_at_work_are_not_stuck(
    database: Postgres, session: Session, tick: Tick
) -> None:
    held, *_ = open_chunks(session, "running", "pending", "completed", "failed")

    with database.session("worker") as worker, ledger.claimed(worker, held):
        assert tick() == []


def test_chunks_whose_worker_died_are_told_of_once(session: Session, tick: Tick) -> None:
    open_chunks(session, "running", "running", "pending")

    (event,) = tick()

    assert (event["event"], event["chunks"], event["level"]) == ("chunks_stuck", 2, "ERROR")
    assert event["cycle"] == "c20260302t010203"
    assert "2 of 3 chunks are stuck: 2 whose worker died" in event["message"]
    assert tick() == []


def test_what_stays_so_is_told_of_again_after_an_hour(
    session: Session, tick: Tick, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_chunks(session, "running")
    now = time.time()
    heard = []
    for passed in (0, ALERT_INTERVAL - 1, ALERT_INTERVAL + 1, ALERT_INTERVAL + 2):
        monkeypatch.setattr(time, "time", lambda passed=passed: now + passed)
        heard.append(len(tick()))

    assert heard == [1, 0, 1, 0]


def test_of_another_cycle_it_is_told_at_once(session: Session, tick: Tick) -> None:
    open_chunks(session, "running")
    assert len(tick()) == 1

    change(session, "conflict_cycle", cycle_key="c20260303t010203")

    assert len(tick()) == 1


def test_a_chunk_that_is_left_to_a_person_is_stuck(
    session: Session, instance: dg.DagsterInstance, tick: Tick
) -> None:
    given_up, _ = open_chunks(session, "pending", "pending")
    for _ in range(MAX_RUNS):
        add_run(instance, "FAILURE", {PARTITION: given_up})

    (event,) = tick()

    assert event["chunks"] == 1
    assert f"1 left to an operator after {MAX_RUNS} runs" in event["message"]


def test_a_chunk_that_died_and_is_left_to_a_person_counts_once(
    session: Session, instance: dg.DagsterInstance, tick: Tick
) -> None:
    (key,) = open_chunks(session, "running")
    for _ in range(MAX_RUNS):
        add_run(instance, "FAILURE", {PARTITION: key})

    (event,) = tick()

    assert event["chunks"] == 1
    assert "died" not in event["message"]


@pytest.mark.parametrize(("silence", "chunks"), [(STALLED_TIMEOUT - 60, []), (STALLED_TIMEOUT + 1, [2])])
def test_chunks_that_no_run_claims_for_long_are_stuck(
    session: Session, instance: dg.DagsterInstance, tick: Tick, silence: float, chunks: list[int]
) -> None:
    keys = open_chunks(session, "pending", "pending", "completed")
    age(session, silence)
    for key in keys[:2]:
        add_run(instance, "QUEUED", {PARTITION: key})  # and nothing takes it out of the queue

    assert [event["chunks"] for event in tick()] == chunks


def test_a_cycle_in_which_a_chunk_was_begun_lately_does_not_stand_still(session: Session, tick: Tick) -> None:
    open_chunks(session, "pending", "completed")
    age(session, STALLED_TIMEOUT + 1)
    session.conn.execute(
        "UPDATE conflict.conflict_chunk SET started_at = now(), finished_at = now() WHERE state = 'completed'"
    )

    assert tick() == []
