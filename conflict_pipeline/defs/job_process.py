"""`dagster job execute`, as a user would type it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import typer

from conflict_pipeline.cycles.chunk_keys import PARTITION_TAG


def job_command(name: str, partition: str | None = None) -> list[str]:
    """What a user types, for this interpreter; for one partition, if it is named."""
    command = [sys.executable, "-W", "ignore:Function", "-m", "dagster", "job", "execute"]
    command += ["-m", "conflict_pipeline.definitions", "-j", name]
    return [*command, "--tags", json.dumps({PARTITION_TAG: partition})] if partition else command


def execute_job(name: str, environment: Mapping[str, str] | None = None) -> None:
    """Run the job in a process of its own, with `environment` added; ends this program if it fails."""
    code = subprocess.run(  # noqa: S603
        job_command(name), env={**os.environ, **(environment or {})}, check=False
    ).returncode
    if code:
        raise typer.Exit(code)
