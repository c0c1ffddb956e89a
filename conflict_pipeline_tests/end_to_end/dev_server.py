"""`conflict-pipeline dev` as a user starts it, and its GraphQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

START_SECONDS = 180
END_SECONDS = 420
_SELECTOR = 'repositoryName: "__repository__", repositoryLocationName: "conflict_pipeline"'


class DevServer:
    """Webserver and daemon on a port of 127.0.0.1."""

    def __init__(self, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def graphql(self, query: str, **variables: Any) -> Any:
        """The `data` of the answer; fails on errors."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = json.load(answer)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def launch_job(self, job: str, config: dict[str, Any]) -> str:
        """Start a run from the launchpad; returns its id."""
        answer = self.graphql(
            f"""mutation ($job: String!, $config: RunConfigData!) {{
                launchRun(executionParams: {{
                    selector: {{{_SELECTOR}, jobName: $job}}, runConfigData: $config
                }}) {{
                    __typename
                    ... on LaunchRunSuccess {{ run {{ runId }} }}
                    ... on PythonError {{ message }}
                }}
            }}""",
            job=job,
            config=config,
        )["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def backfill(self, keys: list[str]) -> str:
        """Start a backfill of the chunks as the UI does; returns its id."""
        answer = self.graphql(
            """mutation ($keys: [String!]) {
                launchPartitionBackfill(backfillParams: {
                    assetSelection: [{path: ["conflictvisitmaps"]}], partitionNames: $keys
                }) {
                    __typename
                    ... on LaunchBackfillSuccess { backfillId }
                    ... on PythonError { message }
                }
            }""",
            keys=keys,
        )["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfill_status(self, backfill: str) -> str:
        answer = self.graphql(
            "query ($id: String!) { partitionBackfillOrError(backfillId: $id) "
            "{ ... on PartitionBackfill { status } } }",
            id=backfill,
        )
        return str(answer["partitionBackfillOrError"]["status"])

    def wait_for_backfill(self, backfill: str) -> str:
        """Its status once it has ended: COMPLETED_SUCCESS, COMPLETED_FAILED, FAILED, …"""
        return _once_ended(lambda: self.backfill_status(backfill), ("COMPLETED", "CANCELED", "FAILED"))

    def wait_for_run(self, run: str) -> str:
        """Its status once it has ended: SUCCESS, FAILURE or CANCELED."""

        def status() -> str:
            answer = self.graphql(
                "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run
            )
            return str(answer["runOrError"]["status"])

        return _once_ended(status, ("SUCCESS", "FAILURE", "CANCELED"))

    def partition_counts(self) -> dict[str, int]:
        """Materialized and failed partitions of conflictvisitmaps, as the asset's page shows them."""
        answer = self.graphql(
            """{ assetNodeOrError(assetKey: {path: ["conflictvisitmaps"]}) { ... on AssetNode {
                partitionStats { numMaterialized numFailed numPartitions }
            } } }"""
        )
        counts: dict[str, int] = answer["assetNodeOrError"]["partitionStats"]
        return counts

    def stop_sensor(self, name: str) -> None:
        """As with the switch in the UI."""
        sensor = self.graphql(
            f"""query ($name: String!) {{ sensorOrError(sensorSelector: {{{_SELECTOR}, sensorName: $name}})
            {{ ... on Sensor {{ id sensorState {{ id }} }} }} }}""",
            name=name,
        )["sensorOrError"]
        answer = self.graphql(
            "mutation ($id: String!) { stopSensor(id: $id) { __typename } }", id=sensor["sensorState"]["id"]
        )
        assert answer["stopSensor"]["__typename"] == "StopSensorMutationResult", answer


@contextmanager
def dev_server(environment: dict[str, str], folder: Path) -> Iterator[DevServer]:
    """Started in a process group of its own, which is ended whole."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = DevServer(port, folder / "dev.log")
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "conflict_pipeline.cli", "dev", "--port", str(port)],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _once_ended(status: Callable[[], str], ends: tuple[str, ...]) -> str:
    deadline = time.monotonic() + END_SECONDS
    while not (now := status()).startswith(ends):
        assert time.monotonic() < deadline, now
        time.sleep(0.5)
    return now


def _wait_until_it_answers(server: DevServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, server.log.read_text()
        try:
            loaded = server.graphql(
                "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
            )
        except OSError:
            time.sleep(0.5)
            continue
        if loaded["repositoriesOrError"].get("nodes"):
            return
        time.sleep(0.5)
