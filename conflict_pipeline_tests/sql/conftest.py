"""A session for tests of single statements: one database for all of them, and a rollback after each.

Quicker than a database for each test, and enough where no second session looks on.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.conftest import Conninfo, _postgres, _recreate


@pytest.fixture(scope="session")
def _shared_database(server: Conninfo, _template: str) -> Iterator[Postgres]:
    name = f"conflict_pipeline_shared_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as conn:
        _recreate(conn, name, _template)
        yield _postgres(server, name)
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def _shared_session(_shared_database: Postgres) -> Iterator[Session]:
    with _shared_database.session("test") as session:
        yield session


@pytest.fixture
def scratch(_shared_session: Session) -> Iterator[Session]:
    """A session whose writes are rolled back after the test; the database has the schema and no row."""
    with _shared_session.transaction(force_rollback=True):
        yield _shared_session
