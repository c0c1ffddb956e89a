"""The events that jobs log: each once for what has happened, regardless of how the job was started."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.definitions import defs
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.dagster_runs import CONFIG, keys
from conflict_pipeline_tests.rows import change
from conflict_pipeline_tests.small_cycles import SSNS, do, refuse, states, world

__all__ = ["keys", "world"]  # fixtures

LAUNCHED = {"dagster/code_location": "conflict_pipeline.definitions"}
Events = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def events(
    world: Session,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Events:
    """The events of a run of the job in this process: `events("finish_cycle")`."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    load_settings.cache_clear()

    def run(
        job: str, config: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        capfd.readouterr()
        defs.resolve_job_def(job).execute_in_process(
            run_config=config, instance=instance, tags=tags, raise_on_error=False
        )
        lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
        return [line for line in lines if "event" in line]

    return run


@pytest.mark.parametrize("tags", [{}, LAUNCHED], ids=["terminal", "launched"])
def test_a_whole_cycle_is_told_of_with_its_figures(
    world: Session, events: Events, tags: dict[str, str]
) -> None:
    (event,) = events("conflict_report", CONFIG, tags)

    cycle = ledger.require_cycle(world)
    assert (event["event"], event["job"], event["step"]) == (
        "cycle_completed",
        "conflict_report",
        "close_cycle",
    )
    assert (event["cycle"], event["chunks"], event["rows"]) == (cycle.cycle_key, 3, 3)
    assert event["counts"]["redetect"].items() >= {"redetected": 1, "not_redetected": 1}.items()
    assert (event["counts"]["snapshot"], event["mode"]) == ({"copied": 3}, "full")
    assert event["seconds"] == round(cycle.seconds, 3)


def test_a_cycle_that_is_finished_twice_is_told_of_once(
    database: Postgres, keys: list[str], events: Events
) -> None:
    do(database, *keys)

    assert [event["event"] for event in events("finish_cycle")] == ["cycle_completed"]
    assert events("finish_cycle") == []


def test_a_cycle_that_fails_in_a_terminal_is_told_of_and_so_is_its_end(
    world: Session, events: Events
) -> None:
    refuse(world, SSNS[1])

    (event,) = events("conflict_report", CONFIG)

    assert event["event"] == "run_failed"
    assert "1 chunk failed: c" in event["message"]
    assert SSNS[1] not in str(event)


def test_of_a_launched_run_that_fails_the_sensor_tells(world: Session, events: Events) -> None:
    refuse(world, SSNS[1])

    assert events("conflict_report", CONFIG, LAUNCHED) == []
    assert states(world).count("failed") == 1


@pytest.mark.parametrize(
    ("tags", "told"),
    [({}, ["chunks_stuck", "cycle_completed"]), (LAUNCHED, ["cycle_completed"])],
    ids=["terminal", "launched"],
)
def test_chunks_whose_worker_died_are_told_of_when_a_terminal_takes_them_up(
    world: Session, keys: list[str], events: Events, tags: dict[str, str], told: list[str]
) -> None:
    change(world, "conflict_chunk", state="running")

    found = events("conflict_report", CONFIG, tags)

    assert [event["event"] for event in found] == told
    if not tags:
        assert (found[0]["chunks"], found[0]["cycle"]) == (3, keys[0].rpartition("_")[0])
