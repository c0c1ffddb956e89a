"""An AWS account simulated by moto's server, with the cluster, tasks and bucket of the template."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from conflict_pipeline_tests.deploy.template import Template

_OF_THE_DATABASE = ("POSTGRES_", "DAGSTER_POSTGRES_")


@dataclass(frozen=True)
class Aws:
    """The template, and the values of its references in the simulated account."""

    template: Template
    values: dict[str, str]

    def environment(self, container: str) -> dict[str, str]:
        """Return a container's variables except those of the database."""
        variables = {}
        for name, value in self.template.environment(container).items():
            if not name.startswith(_OF_THE_DATABASE):
                variables[name] = re.sub("<[^>]+>", lambda match: self.values.get(match[0], match[0]), value)
        return variables

    def runs(self) -> list[dict[str, Any]]:
        """Return the tasks started for runs."""
        ecs = boto3.client("ecs")
        arns = ecs.list_tasks(cluster=self.values["cluster"], family=_family("run"))["taskArns"]
        return ecs.describe_tasks(cluster=self.values["cluster"], tasks=arns)["tasks"] if arns else []

    def objects(self) -> dict[str, bytes]:
        """Return the contents of the bucket, by key."""
        s3, bucket = boto3.client("s3"), self.values["<Bucket>"]
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@pytest.fixture(scope="module")
def aws_server() -> Iterator[str]:
    """The address of moto's server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # Tasks keep running, however often their state is read.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
    yield f"http://{host}:{port}"
    state_manager.unset_transition("ecs::task")
    server.stop()


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account with the template's cluster, bucket and tasks, in which the daemon is running."""
    # moto keeps its state in this process, so that resources of an earlier test would still exist.
    urlopen(Request(f"{aws_server}/moto-api/reset", method="POST")).close()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    template = Template()
    values, daemon = _build(template)
    with _metadata({"Cluster": values["cluster"], "TaskARN": daemon["taskArn"]}) as uri:
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", uri)
        yield Aws(template, values)


def _build(template: Template) -> tuple[dict[str, str], dict[str, Any]]:
    """Register the template's tasks and start the daemon's; return the references, and that task."""
    ec2, ecs, s3 = boto3.client("ec2"), boto3.client("ecs"), boto3.client("s3")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="daemon", Description="daemon", VpcId=vpc)["GroupId"]
    s3.create_bucket(Bucket="conflicts-bucket")
    cluster = ecs.create_cluster(clusterName="conflicts")["cluster"]["clusterArn"]
    arns = {
        container: ecs.register_task_definition(
            family=_family(container),
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="2048",
            # moto starts only containers with a limit of memory.
            containerDefinitions=[{"name": container, "image": "image", "memory": 2048}],
        )["taskDefinition"]["taskDefinitionArn"]
        for container in template.containers()
    }
    network = {"subnets": [subnet], "securityGroups": [group], "assignPublicIp": "DISABLED"}
    daemon = ecs.run_task(
        cluster=cluster,
        taskDefinition=arns["daemon"],
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )["tasks"][0]
    values = {
        "cluster": cluster,
        "subnet": subnet,
        "group": group,
        "<Bucket>": "conflicts-bucket",
        "<RunTask>": arns["run"],
        "<Topic>": boto3.client("sns").create_topic(Name="conflicts")["TopicArn"],
    }
    return values, daemon


def _family(container: str) -> str:
    return f"conflicts-{container}"


@contextmanager
def _metadata(task: dict[str, str]) -> Iterator[str]:
    """Serve what ECS tells a container about its own task; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(task).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
