"""`dagster job execute`, as a user would type it."""

import os
import subprocess
import sys
from collections.abc import Mapping

import typer


def execute_job(name: str, environment: Mapping[str, str] | None = None) -> None:
    """Run the job in a process of its own, with `environment` added; ends this program if it fails."""
    command = [sys.executable, "-W", "ignore:Function", "-m", "dagster", "job", "execute"]
    command += ["-m", "conflict_pipeline.definitions", "-j", name]
    code = subprocess.run(  # noqa: S603
        command, env={**os.environ, **(environment or {})}, check=False
    ).returncode
    if code:
        raise typer.Exit(code)
