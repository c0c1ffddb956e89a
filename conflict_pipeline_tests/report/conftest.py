"""Completed cycles that the tests of this folder only read, each computed once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import Report, compute
from conflict_pipeline_tests.report.cycles import SIZE, complete, one_conflict
from conflict_pipeline_tests.rows import change, small_world
from conflict_pipeline_tests.server import (
    TEMPLATE,
    Conninfo,
    drop_database,
    open_database,
    recreate_database,
)
from conflict_pipeline_tests.small_cycles import SMALL


@contextmanager
def cloned_database(admin: psycopg.Connection, server: Conninfo, name: str) -> Iterator[Postgres]:
    """A database that exists for the duration of the block."""
    name = f"conflict_pipeline_report_{name}_{os.getpid()}"
    recreate_database(admin, name, TEMPLATE)
    yield open_database(server, name)
    drop_database(admin, name)


@pytest.fixture(scope="package")
def sample_database(_admin: psycopg.Connection, server: Conninfo) -> Iterator[Postgres]:
    with cloned_database(_admin, server, "sample") as database:
        yield database


@pytest.fixture(scope="package")
def sample_session(sample_database: Postgres) -> Iterator[Session]:
    """A session on the database of the demo's sample."""
    with sample_database.session("test") as session:
        yield session


@pytest.fixture(scope="package")
def sample(sample_session: Session) -> SampleCounts:
    """The demo's sample, and the counts that a cycle must find in it."""
    return load_sample(sample_session, SIZE, ledger.today(sample_session))


@pytest.fixture(scope="package")
def sample_cycle(sample_database: Postgres, sample_session: Session, sample: SampleCounts) -> Cycle:
    """A completed cycle over the sample."""
    return complete(sample_database, sample_session)


@pytest.fixture(scope="package")
def sample_report(sample_database: Postgres, sample_session: Session, sample_cycle: Cycle) -> Report:
    return compute(sample_session, sample_cycle, sample_database.settings)


@pytest.fixture(scope="package")
def one_row_database(_admin: psycopg.Connection, server: Conninfo) -> Iterator[Postgres]:
    """A completed cycle with a single detected row, whose providers have markup in their names."""
    with cloned_database(_admin, server, "one_row") as database, database.session("test") as session:
        one_conflict(session)
        change(session, "dimprovider", **{"Provider Name": "<b>x</b>&"})
        complete(database, session, SMALL)
        yield database


@pytest.fixture(scope="package")
def one_row_report(one_row_database: Postgres) -> Report:
    with one_row_database.session("test") as session:
        return compute(session, ledger.require_cycle(session), one_row_database.settings)


@pytest.fixture(scope="package")
def empty_report(_admin: psycopg.Connection, server: Conninfo) -> Iterator[Report]:
    """The report of a cycle without rows."""
    with cloned_database(_admin, server, "empty") as database, database.session("test") as session:
        small_world(session)
        yield compute(session, complete(database, session), database.settings)
