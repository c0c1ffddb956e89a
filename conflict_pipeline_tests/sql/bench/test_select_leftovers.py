from collections.abc import Iterator

import pytest
from psycopg import sql

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

NAMES = ["conflict_pipeline_bench_testaaaa_1", "conflict_pipeline_bench_testbbbb_template"]


@pytest.fixture
def two_databases(session: Session) -> Iterator[None]:
    """Of two benchmarks."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {}")
    for name in NAMES:
        session.conn.execute(drop.format(sql.Identifier(name)))
        session.conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield
    for name in NAMES:
        session.conn.execute(drop.format(sql.Identifier(name)))


def leftovers(session: Session, prefix: str) -> list[str]:
    return [row["name"] for row in session.rows("bench/select_leftovers", {"prefix": prefix})]


@pytest.mark.usefixtures("two_databases")
def test_a_database_is_left_over_where_no_session_bears_its_token(
    database: Postgres, session: Session
) -> None:
    prefix = "conflict_pipeline_bench_test"

    with database.session("bench testaaaa"):
        assert leftovers(session, prefix) == NAMES[1:]
    assert leftovers(session, "conflict_pipeline_bench_other") == []
