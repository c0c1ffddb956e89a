"""The sample, loaded once and cloned for each test, and a home for Dagster."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.devtools.demo.sample import SampleSize, load_sample
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.cycles import process_cycle
from conflict_pipeline_tests.end_to_end.tables import conflict_rows
from conflict_pipeline_tests.server import TEMPLATE, Conninfo, open_database, recreate_database

SIZE = SampleSize(conflict_rows=1_000, visits=2_700)
DAGSTER_YAML = Path(__file__).parents[2] / "dagster_home" / "dagster.yaml"


@pytest.fixture
def dagster_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Dagster's storage, with the settings that the project ships."""
    home = tmp_path / "dagster_home"
    home.mkdir()
    shutil.copy(DAGSTER_YAML, home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def _sample_counts() -> dict[str, SampleCounts]:
    """The known counts of the sample, by the name of the database that holds it."""
    return {}


@pytest.fixture
def sample_template(
    server: Conninfo,
    _sample_counts: dict[str, SampleCounts],
    environment: Callable[..., Postgres],
    dagster_home: Path,
) -> str:
    """The name of a database with the sample and with Dagster's storage, to be cloned."""
    name = f"conflict_pipeline_sample_{os.getpid()}"
    if name not in _sample_counts:
        with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
            recreate_database(conn, name, TEMPLATE)
        with environment(name).session("sample") as session:
            _sample_counts[name] = load_sample(session, SIZE, datetime.now(UTC).date())
        # Creating the storage takes a job longer than all else that it does on the sample.
        with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
            assert instance.get_runs() == []
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


@pytest.fixture(scope="session")
def _one_piece() -> dict[int, dict[str, Any]]:
    return {}


@pytest.fixture
def one_piece(
    _one_piece: dict[int, dict[str, Any]],
    server: Conninfo,
    sample_template: str,
    new_database: Callable[[str], str],
) -> dict[int, dict[str, Any]]:
    """conflictvisitmaps after a cycle in a single chunk on the sample: the same for every test."""
    if not _one_piece:
        database = open_database(server, new_database(sample_template))
        process_cycle(database, CycleSettings().as_one_piece())
        _one_piece.update(conflict_rows(database))
    return _one_piece
