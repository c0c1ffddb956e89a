"""Events of sensors, of runs that the daemon launches and of commands: each is logged once."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.dev_server import DevServer, dev_server
from conflict_pipeline_tests.end_to_end.privacy import dagster_storage
from conflict_pipeline_tests.end_to_end.processes import Start, chunks, drop_trigger, start
from conflict_pipeline_tests.poison import POISON, poison_writes

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]
__all__ = ["start"]  # fixture


def events(output: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"time"')]
    return [line for line in lines if "event" in line]


@pytest.fixture
def dagster(
    sample: Postgres, dagster_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DevServer]:
    monkeypatch.setenv("LOG_FORMAT", "json")
    with sample.session("test") as session:
        poison_writes(session, "conflict.conflictvisitmaps", "UPDATE")
    # The sample's upstream load makes a cycle due.
    with dev_server({"DAGSTER_HOME": str(dagster_home), "LOG_FORMAT": "json"}, tmp_path) as running:
        yield running


def test_a_failed_chunk_and_the_end_of_its_cycle_are_logged_once_and_without_a_value(
    sample: Postgres, dagster: DevServer, dagster_home: Path, start: Start
) -> None:
    deadline = time.monotonic() + 240
    while not (logged := events(dagster.log.read_text())) and time.monotonic() < deadline:
        time.sleep(1)
    # Two more ticks of the sensors.
    time.sleep(60)
    logged = events(dagster.log.read_text())

    with sample.session("test") as session:
        keys = chunks(session)
        drop_trigger(session, "poison")
    assert sorted((event["event"], event["job"], event["chunk"]) for event in logged) == [
        ("run_failed", "process_task02_chunk", key) for key in sorted(keys)
    ]
    assert all("RaiseException [P0001]" in event["message"] for event in logged)

    retry = start("conflict_pipeline.cli", "retry", "--yes")

    assert retry.wait() == 0, retry.output
    assert [event["event"] for event in events(retry.output)] == ["cycle_completed"]
    assert events(dagster.log.read_text()) == logged
    files = [path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()]
    places = [retry.output.encode(), dagster.log.read_bytes(), *files, *dagster_storage(sample)]
    assert [place for place in places for value in POISON if value.encode() in place] == []
