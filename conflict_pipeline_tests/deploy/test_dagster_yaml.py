"""deploy/aws/dagster.yaml and workspace.yaml, with the variables of the template."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
import yaml
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import LaunchRunContext
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._core.workspace.load_target import get_origins_from_toml

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.deploy.conftest import Aws
from conflict_pipeline_tests.deploy.template import AWS

LOCATION = "conflict_pipeline"
Open = Callable[[str], dg.DagsterInstance]


@pytest.fixture
def open_as(aws: Aws, empty_database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that opens Dagster's instance as a container does, by its name."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(AWS / "dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))

    def open_one(container: str) -> dg.DagsterInstance:
        for name in ("DAGSTER_LOG_BUCKET", "DAGSTER_RUN_TASK_DEFINITION"):
            monkeypatch.delenv(name, raising=False)
        for name, value in aws.environment(container).items():
            monkeypatch.setenv(name, value)
        return dg.DagsterInstance.get()

    return open_one


def add_run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Add a queued run, as the daemon finds it."""
    location = GrpcServerCodeLocationOrigin(host="code-server", port=4000, location_name=LOCATION)
    code = RepositoryPythonOrigin(
        executable_path=sys.executable,
        code_pointer=ModuleCodePointer("conflict_pipeline.definitions", "defs", working_directory="."),
        entry_point=["dagster"],
    )
    return instance.add_run(
        dg.DagsterRun(
            job_name="process_task02_chunk",
            tags={"dagster/partition": "c20261123t021500_0007"},
            remote_job_origin=RemoteJobOrigin(
                RemoteRepositoryOrigin(location, "__repository__"), "process_task02_chunk"
            ),
            job_code_origin=JobPythonOrigin("process_task02_chunk", code),
        )
    )


def test_a_run_is_a_task_in_the_daemons_network_that_gets_no_secret_and_can_be_cancelled(
    open_as: Open, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that trusts its connections accepts any password.
    password = os.environ.get("POSTGRES_PASSWORD", "hunter2")
    monkeypatch.setenv("POSTGRES_PASSWORD", password)
    with open_as("daemon") as instance:
        run = add_run(instance)
        instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
        launched = instance.get_run_by_id(run.run_id)

    (task,) = aws.runs()
    assert task["taskDefinitionArn"] == aws.values["<RunTask>"]
    assert launched is not None
    assert launched.tags["ecs/task_arn"] == task["taskArn"]
    assert network(task) == (aws.values["subnet"], [aws.values["group"]])

    (override,) = task["overrides"]["containerOverrides"]
    assert override.keys() == {"name", "command"}
    assert override["name"] == "run"
    assert override["command"][:3] == ["dagster", "api", "execute_run"]
    assert run.run_id in override["command"][3]
    assert password not in json.dumps(task)
    # The limit of ECS.
    assert len(json.dumps(task["overrides"])) < 8192

    with open_as("webserver") as instance:
        assert instance.run_launcher.terminate(run.run_id)
    (stopped,) = boto3.client("ecs").describe_tasks(cluster=aws.values["cluster"], tasks=[task["taskArn"]])[
        "tasks"
    ]
    assert stopped["desiredStatus"] == "STOPPED"


def network(task: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the subnet and the security groups of a task."""
    details = {pair["name"]: pair["value"] for pair in task["attachments"][0]["details"]}
    found = boto3.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"]
    (interface,) = found
    return interface["SubnetId"], [group["GroupId"] for group in interface["Groups"]]


def test_the_output_of_a_step_is_stored_in_the_bucket(open_as: Open, aws: Aws) -> None:
    key = ["run", "compute_logs", "step"]
    with open_as("run") as instance:
        instance.get_runs()
        with instance.compute_log_manager.open_log_stream(key, ComputeIOType.STDERR) as log:
            assert log is not None
            log.write("a line")  # type: ignore[call-overload] # a text stream, which Dagster declares as IO[bytes]

    ((name, content),) = aws.objects().items()
    assert name.startswith("logs/")
    assert content == b"a line"


def test_the_workspace_names_the_code_server(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment("webserver").items():
        monkeypatch.setenv(name, value)

    (origin,) = location_origins_from_yaml_paths([str(AWS / "workspace.yaml")])

    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port, origin.location_name) == (
        "<CodeServerName.Name>.conflicts.internal",
        4000,
        LOCATION,
    )


def test_the_code_location_has_the_same_name_everywhere() -> None:
    root = AWS.parents[1]
    origins = [
        *location_origins_from_yaml_paths([str(root / "workspace.yaml")]),
        *get_origins_from_toml(str(root / "pyproject.toml")),
    ]

    assert [origin.location_name for origin in origins] == [LOCATION, LOCATION]


def test_runs_are_queued_and_retried_as_in_the_local_dagster_yaml() -> None:
    ours, local = (
        yaml.safe_load((folder / "dagster.yaml").read_text())
        for folder in (AWS, AWS.parents[1] / "dagster_home")
    )
    for setting in ("storage", "run_queue", "run_retries", "python_logs", "telemetry", "nux"):
        assert ours[setting] == local[setting]
    assert ours["concurrency"]["pools"] == local["concurrency"]["pools"]
