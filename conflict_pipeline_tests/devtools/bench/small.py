"""The smallest sample there is, with its databases, and measurements made up."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.bench.candidates import Candidates
from conflict_pipeline.devtools.bench.databases import PREFIX, Databases, own_databases
from conflict_pipeline.devtools.bench.measurement import Measurement, Usage
from conflict_pipeline.devtools.demo.sample import SampleSize
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

SIZE = SampleSize(conflict_rows=1_000, visits=1_100)
CHUNK_ROWS = 400


@pytest.fixture
def databases(database: Postgres) -> Iterator[Databases]:
    """With a template; `database` is the one beside them."""
    with own_databases(database) as databases:
        databases.make_template(SIZE)
        yield databases


@pytest.fixture
def candidates(databases: Databases) -> Candidates:
    return Candidates(databases, CycleSettings(target_chunk_size=CHUNK_ROWS))


def names(session: Session) -> list[str]:
    """Of all databases of any benchmark."""
    rows = session.conn.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [PREFIX]
    ).fetchall()
    return [row["datname"] for row in rows]


def measurement(name: str, seconds: float = 1.0, **usage: Any) -> Measurement:
    default = Usage(
        seconds, client_cpu_seconds=0.5, wal_bytes=100, temp_bytes=0, client_bytes=None, server_bytes=None
    )
    return Measurement(name, replace(default, **usage), rows=10)
