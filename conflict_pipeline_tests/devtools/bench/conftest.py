"""A small sample and its clones, created once."""

from collections.abc import Iterator

import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import Databases, own_databases
from conflict_pipeline_tests.devtools.bench.small import CHUNK_ROWS, SIZE
from conflict_pipeline_tests.server import Conninfo, open_database


@pytest.fixture(scope="session")
def databases(server: Conninfo) -> Iterator[Databases]:
    """Clones of the small sample."""
    with own_databases(open_database(server, "postgres")) as databases:
        databases.make_template(SIZE)
        yield databases


@pytest.fixture
def candidates(databases: Databases) -> Candidates:
    return Candidates(databases, CycleSettings(target_chunk_size=CHUNK_ROWS))
