"""Whole Dagster jobs on a clone, each in its own process, as a user starts them."""

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
from conflict_pipeline.devtools.bench.meter import SAMPLING_INTERVAL, measure, proc_bytes
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.settings import dagster_home

_MAX_LOG_LINES = 5


def measure_job(
    server: Postgres, clone: Postgres, job: str, name: str, config: Mapping[str, Any] | None = None
) -> Measurement:
    """Measure the job from the start of its process to its end; a job without a cycle has no rows."""
    peak, usage = measure(server, clone, lambda: execute(clone, job, config))
    usage = replace(usage, client_bytes=peak)
    with clone.session("bench") as session:
        cycle = ledger.newest_cycle(session)
    if cycle is None:
        return Measurement(name, usage, rows=0)
    return Measurement(name, usage, cycle.planned, outcome.read(clone), chunks=cycle.chunks)


def execute(database: Postgres, job: str, config: Mapping[str, Any] | None = None) -> int | None:
    """Run the job to its end, and return the peak resident bytes of its process, or None if unknown.

    Raises PipelineError with the last lines of its output if it fails.
    """
    with TemporaryDirectory(prefix="conflict_pipeline_bench_") as folder:
        home, log = Path(folder), Path(folder) / "log"
        _copy_dagster_yaml(home)
        command = job_command(job)
        if config:
            file = home / "config.yaml"
            file.write_text(json.dumps(config))  # JSON is valid YAML
            command += ["-c", str(file)]
        with log.open("wb") as output, _child(command, _environment(database, home), output) as child:
            peak = _wait(child)
        if child.returncode:
            lines = log.read_text(errors="replace").splitlines()[-_MAX_LOG_LINES:]
            raise PipelineError(f"Job {job} of the benchmark failed: {' / '.join(lines)}")
    return peak


def _wait(child: subprocess.Popen[bytes]) -> int | None:
    # The maximum that wait4 reports includes the memory of this process, from which the child was forked.
    peak = None
    while child.poll() is None:
        peak = proc_bytes(str(child.pid), "VmHWM") or peak
        time.sleep(SAMPLING_INTERVAL)
    return peak


@contextmanager
def _child(command: list[str], environment: Mapping[str, str], log: Any) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        yield child
    finally:
        if child.returncode is None:  # after an interrupt
            child.terminate()
            child.wait()


def _environment(database: Postgres, home: Path) -> dict[str, str]:
    info = database.conninfo
    return {
        **os.environ,
        # The child must use this process's server, also if it is the embedded one.
        "POSTGRES_HOST": str(info["host"]),
        "POSTGRES_PORT": str(info["port"]),
        "POSTGRES_USER": str(info["user"]),
        "POSTGRES_DATABASE": str(info["dbname"]),
        "LOAD_FROM_SNOWFLAKE": "false",
        # The HTML report is not measured.
        "REPORT_AFTER_CYCLE": "false",
        # Dagster keeps its own records in the clone too, so they are dropped with it.
        "DAGSTER_HOME": str(home),
    }


def _copy_dagster_yaml(home: Path) -> None:
    """Copy the dagster.yaml in use, or that of the checkout; without either, Dagster's defaults apply."""
    checkout = Path(conflict_pipeline.__file__).parents[1] / "dagster_home"
    for folder in (dagster_home(), checkout):
        file = Path(folder or "") / "dagster.yaml"
        if folder and file.is_file():
            shutil.copy(file, home)
            return
