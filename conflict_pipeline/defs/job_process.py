"""Processes of Dagster's own command line, started as a user types them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import typer

from conflict_pipeline.cycles.chunk_keys import PARTITION_TAG

# Dagster recommends `dg` on every call of its older commands, which stay in people's runbooks.
_NO_SUPERSESSION_WARNING = "ignore:Function `:FutureWarning"


def dagster_command(*arguments: str) -> list[str]:
    """Return the command `dagster …` for this interpreter, without the warning that `dg` supersedes it."""
    return [sys.executable, "-W", _NO_SUPERSESSION_WARNING, "-m", "dagster", *arguments]


def job_command(name: str, partition: str | None = None) -> list[str]:
    """Return the command `dagster job execute` for the job, and for one partition if it is given."""
    command = dagster_command("job", "execute", "-m", "conflict_pipeline.definitions", "-j", name)
    return [*command, "--tags", json.dumps({PARTITION_TAG: partition})] if partition else command


def execute_job(name: str, environment: Mapping[str, str] | None = None) -> None:
    """Run the job in its own process, with `environment` added; raises typer.Exit if it fails."""
    run = subprocess.run(job_command(name), env={**os.environ, **(environment or {})}, check=False)  # noqa: S603
    if run.returncode:
        raise typer.Exit(run.returncode)
