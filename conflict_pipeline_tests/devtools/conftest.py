"""A session whose writes are rolled back, for tests that need no second session."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.conftest import Conninfo, _postgres, _recreate


@pytest.fixture(scope="session")
def _devtools_database(server: Conninfo, _template: str) -> Iterator[Postgres]:
    name = f"conflict_pipeline_devtools_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        _recreate(conn, name, _template)
        yield _postgres(server, name)
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def _devtools_session(_devtools_database: Postgres) -> Iterator[Session]:
    with _devtools_database.session("test") as session:
        yield session


@pytest.fixture
def scratch(_devtools_session: Session) -> Iterator[Session]:
    """A session on a database with the schema and without rows; its writes are rolled back after the test."""
    with _devtools_session.transaction(force_rollback=True):
        yield _devtools_session
