"""Whole Dagster jobs, each in a process of its own as a user starts it, on a clone."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import conflict_pipeline
from conflict_pipeline.cycles import ledger
from conflict_pipeline.defs.job_process import job_command
from conflict_pipeline.devtools.bench import outcome
from conflict_pipeline.devtools.bench.measurement import Measurement
from conflict_pipeline.devtools.bench.meter import LOOK_EVERY_SECONDS, measure, proc_bytes
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.settings import dagster_home

_LAST_LINES = 5


def measure_job(
    server: Postgres, clone: Postgres, job: str, name: str, config: Mapping[str, Any] | None = None
) -> Measurement:
    """The whole job, from the start of its process to its end; one that opens no cycle has no rows."""
    peak, usage = measure(server, clone, lambda: execute(clone, job, config))
    usage = replace(usage, client_bytes=peak)
    with clone.session("bench") as session:
        cycle = ledger.newest_cycle(session)
    if cycle is None:
        return Measurement(name, usage, rows=0)
    return Measurement(name, usage, cycle.planned, outcome.read(clone), chunks=cycle.chunks)


def execute(
    database: Postgres, job: str, config: Mapping[str, Any] | None = None, partition: str | None = None
) -> int | None:
    """Run the job, or one partition of it, to its end.

    Returns the peak resident bytes of its process, where they can be seen. Raises PipelineError with the last
    lines of its output if it fails.
    """
    with TemporaryDirectory(prefix="conflict_pipeline_bench_") as folder:
        home, log = Path(folder), Path(folder) / "log"
        _copy_dagster_yaml(home)
        command = job_command(job, partition)
        if config:
            file = home / "config.yaml"
            file.write_text(json.dumps(config))  # YAML's own subset
            command += ["-c", str(file)]
        with log.open("wb") as output, _child(command, _environment(database, home), output) as child:
            peak = _wait(child)
        if child.returncode:
            lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
            raise PipelineError(f"Job {job} of the benchmark failed: {' / '.join(lines)}")
    return peak


def _wait(child: subprocess.Popen[bytes]) -> int | None:
    # What wait4 tells counts the memory of this process too, from which the child was forked.
    peak = None
    while child.poll() is None:
        peak = proc_bytes(str(child.pid), "VmHWM") or peak
        time.sleep(LOOK_EVERY_SECONDS)
    return peak


@contextmanager
def _child(command: list[str], environment: Mapping[str, str], log: Any) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        yield child
    finally:
        if child.returncode is None:  # this process was interrupted
            child.terminate()
            child.wait()


def _environment(database: Postgres, home: Path) -> dict[str, str]:
    info = database.conninfo
    return {
        **os.environ,
        # The embedded server too is named here: the child is to use this process's.
        "POSTGRES_HOST": str(info["host"]),
        "POSTGRES_PORT": str(info["port"]),
        "POSTGRES_USER": str(info["user"]),
        "POSTGRES_DATABASE": str(info["dbname"]),
        "LOAD_FROM_SNOWFLAKE": "false",
        # What is measured is the update.
        "REPORT_AFTER_CYCLE": "false",
        # Dagster's own records are then in the clone as well, and fall with it.
        "DAGSTER_HOME": str(home),
    }


def _copy_dagster_yaml(home: Path) -> None:
    """The settings in use, or the checkout's; without either, Dagster's own defaults."""
    checkout = Path(conflict_pipeline.__file__).parents[1] / "dagster_home"
    for folder in (dagster_home(), checkout):
        file = Path(folder or "") / "dagster.yaml"
        if folder and file.is_file():
            shutil.copy(file, home)
            return
