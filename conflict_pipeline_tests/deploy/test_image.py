"""The image, built without Docker: the Dockerfile's steps below a folder, the template's commands."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy, copytree

import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.deploy.conftest import Aws
from conflict_pipeline_tests.deploy.template import AWS
from conflict_pipeline_tests.end_to_end.dev_server import DevServer
from conflict_pipeline_tests.end_to_end.processes import wait_until

ROOT = AWS.parents[1]


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile in order, such as `("COPY", "sql sql")`."""
    text = re.sub(r"^#.*\n", "", (AWS / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line)
    return [(name, re.sub(r"--mount=\S+ ", "", argument).strip()) for name, argument in pairs]


def copied() -> list[str]:
    """Return the paths that the image takes from the repository."""
    arguments = [a.split() for name, a in instructions() if name == "COPY" and "--from" not in a]
    return [source for words in arguments for source in words[:-1]]


@dataclass
class Image:
    """The file tree of the image below a folder, and the environment of its processes."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def inside(self, text: str) -> str:
        """Return the text with the absolute paths of the image moved below the folder."""
        return re.sub(r"(?<![\w./])/(?=(src|opt|wheels)\b)", f"{self.root}/", text)

    def build(self) -> None:
        stage = 0
        work = self.root
        for name, argument in instructions():
            if name == "FROM":
                stage += 1
            elif name == "WORKDIR" and stage == 1:
                work = Path(self.inside(argument))
                work.mkdir()
            elif name == "COPY" and "--from" not in argument:
                *sources, target = argument.split()
                self._copy(sources, work / self.inside(target))
            elif name == "RUN" and stage == 1:
                # The commands of the second stage would change this machine.
                path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
                subprocess.run(
                    self.inside(argument), shell=True, check=True, cwd=work, env={**os.environ, "PATH": path}
                )
            elif name == "ENV":
                pairs = (pair.split("=", 1) for pair in argument.split())
                values = {name: value.replace("$PATH", os.environ["PATH"]) for name, value in pairs}
                self.environment = {name: self.inside(value) for name, value in values.items()}

    def _copy(self, sources: list[str], target: Path) -> None:
        for source in sources:
            if (ROOT / source).is_dir():
                copytree(ROOT / source, target)
            else:
                target.mkdir(parents=True, exist_ok=True)
                copy(ROOT / source, target)


def test_the_build_context_is_what_the_dockerfile_copies() -> None:
    lines = (AWS / "Dockerfile.dockerignore").read_text().splitlines()
    sent = [line.removeprefix("!") for line in lines if line.startswith("!")]

    assert "*" in lines
    assert sorted(sent) == sorted(copied())


def test_the_base_is_one_exact_version_and_processes_are_not_root() -> None:
    bases = {argument.split()[0] for name, argument in instructions() if name == "FROM"}
    users = [argument for name, argument in instructions() if name == "USER"]

    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[1-3]\.\d+-slim-\w+(@sha256:\w+)?", bases.pop())
    assert users == ["10001"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    image = Image(tmp_path_factory.mktemp("image"))
    image.build()
    return image


class Tasks:
    """Containers of the template, as processes with the environment of image and template."""

    def __init__(self, image: Image, aws: Aws, folder: Path) -> None:
        self._image, self._aws, self._folder = image, aws, folder
        self._ports = {port: str(_free_port()) for port in ("3000", "4000")}
        self._started: list[subprocess.Popen[bytes]] = []
        self.webserver = DevServer(int(self._ports["3000"]), folder / "webserver.log")

    def start(self, container: str) -> None:
        """Start a container's command, and wait until its health check succeeds."""
        definition = self._aws.template.containers()[container]
        log = self._folder / f"{container}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._here(definition["Command"]),
                env=self.environment(container),
                cwd=self._folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._started.append(process)
        deadline = time.monotonic() + definition["HealthCheck"]["StartPeriod"]
        while self.run(container, definition["HealthCheck"]["Command"][1:]).returncode:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()

    def run(self, container: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run another command in a container, to its end."""
        return subprocess.run(
            self._here(command),
            env=self.environment(container),
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def environment(self, container: str) -> dict[str, str]:
        given = {n: v for n, v in os.environ.items() if n.startswith(("POSTGRES_", "AWS_", "ECS_"))}
        here = {
            # The server of the tests has no certificate.
            "POSTGRES_SSLMODE": "prefer",
            "POSTGRES_SSLROOTCERT": "",
            "DAGSTER_CODE_SERVER_HOST": "127.0.0.1",
            "DAGSTER_CODE_SERVER_PORT": self._ports["4000"],
        }
        return {**self._image.environment, **given, **self._aws.environment(container), **here}

    def end(self) -> None:
        for process in self._started:
            process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(timeout=60)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _here(self, command: list[str]) -> list[str]:
        """Replace folders and ports by those of this test, and addresses by loopback."""
        text = "\0".join(command).replace("0.0.0.0", "127.0.0.1")
        for port, ours in self._ports.items():
            text = re.sub(rf"\b{port}\b", ours, text)
        return self._image.inside(text).split("\0")


@pytest.fixture
def tasks(image: Image, aws: Aws, database: Postgres, tmp_path: Path) -> Iterator[Tasks]:
    tasks = Tasks(image, aws, tmp_path)
    yield tasks
    tasks.end()


@pytest.mark.services
def test_the_image_contains_no_development_tools(image: Image) -> None:
    programs = {path.name for path in (image.root / "opt/venv/bin").iterdir()}

    assert programs >= {"conflict-pipeline", "dagster", "dagster-daemon", "dagster-webserver"}
    assert not programs & {"pip", "pytest", "mypy", "ruff", "uv"}
    assert not list((image.root / "opt/venv").rglob("*_tests/conftest.py"))


@pytest.mark.services
def test_a_run_launched_in_the_ui_succeeds_in_a_task_of_its_own(tasks: Tasks, aws: Aws) -> None:
    for container in ("code-server", "webserver", "daemon"):
        tasks.start(container)

    run = tasks.webserver.launch_job("test_postgres", {})
    wait_until(aws.runs, "a task for the run")
    (task,) = aws.runs()
    (override,) = task["overrides"]["containerOverrides"]
    done = tasks.run("run", override["command"])

    assert done.returncode == 0, done.stderr
    assert tasks.webserver.wait_for_run(run) == "SUCCESS"
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("round trip" in line["message"] for line in lines if line.get("run_id") == run)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
