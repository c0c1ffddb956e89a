"""The sample, loaded once and cloned for each test; and Dagster as a user starts it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.tables import conflict_rows
from conflict_pipeline_tests.server import TEMPLATE, Conninfo, recreate_database

SIZE = SampleSize(conflict_rows=3_000, visits=8_000)
DAGSTER_YAML = Path(__file__).parents[2] / "dagster_home" / "dagster.yaml"
RunDagster = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def _sample_counts() -> dict[str, SampleCounts]:
    """The known numbers of the sample, by the name of the database that holds it."""
    return {}


@pytest.fixture
def sample_template(
    server: Conninfo,
    _sample_counts: dict[str, SampleCounts],
    environment: Callable[..., Postgres],
) -> str:
    """The name of a database with the sample, to clone from."""
    name = f"conflict_pipeline_sample_{os.getpid()}"
    if name not in _sample_counts:
        with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
            recreate_database(conn, name, TEMPLATE)
        with environment(name).session("sample") as session:
            _sample_counts[name] = load_sample(session, SIZE, datetime.now(UTC).date())
    return name


@pytest.fixture
def counts(sample_template: str, _sample_counts: dict[str, SampleCounts]) -> SampleCounts:
    """What one cycle must find in the sample."""
    return _sample_counts[sample_template]


@pytest.fixture
def sample(
    sample_template: str, new_database: Callable[[str], str], environment: Callable[..., Postgres]
) -> Postgres:
    """A database of its own with the sample; also the one that the settings name."""
    return environment(new_database(sample_template))


@pytest.fixture
def dagster_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dagster's storage, with the settings that the project ships."""
    home = tmp_path / "dagster_home"
    home.mkdir()
    shutil.copy(DAGSTER_YAML, home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


@pytest.fixture
def execute_job(dagster_home: Path) -> RunDagster:
    """`dagster job execute` in a process of its own, on the database that the settings name."""

    def execute(
        job: str, config: dict[str, Any] | None = None, tags: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "conflict_pipeline.definitions"]
        command += ["-j", job]
        if config:
            file = dagster_home.parent / "config.yaml"
            file.write_text(json.dumps(config))  # YAML's own subset
            command += ["-c", str(file)]
        if tags:
            command += ["--tags", json.dumps(tags)]
        return subprocess.run(
            command, env=dict(os.environ), capture_output=True, text=True, timeout=180, check=False
        )

    return execute


@pytest.fixture(scope="session")
def _one_piece() -> dict[int, dict[str, Any]]:
    return {}


@pytest.fixture
def one_piece(
    _one_piece: dict[int, dict[str, Any]],
    sample_template: str,
    new_database: Callable[[str], str],
    environment: Callable[..., Postgres],
    execute_job: RunDagster,
) -> dict[int, dict[str, Any]]:
    """conflictvisitmaps after the job task_02 on the sample: the same for every test."""
    if not _one_piece:
        database = environment(new_database(sample_template))
        run = execute_job("task_02")
        assert run.returncode == 0, run.stderr
        _one_piece.update(conflict_rows(database))
    return _one_piece
