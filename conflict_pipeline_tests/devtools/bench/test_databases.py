"""Clones hold the sample, and no database is left behind."""

import os

import psycopg
import pytest

from conflict_pipeline.devtools.bench.databases import PREFIX, Databases, own_databases
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import SIZE, names
from conflict_pipeline_tests.rows import change, read


def test_a_clone_holds_the_sample_with_statistics_and_keeps_its_writes_to_itself(
    databases: Databases, session: Session
) -> None:
    before = names(session, databases.token)
    with databases.clone() as first, first.session("test") as writer:
        change(writer, "conflictvisitmaps", SSN="changed")
        assert len(names(session, databases.token)) == len(before) + 1
    with databases.clone() as second, second.session("test") as reader:
        rows = read(reader, "conflictvisitmaps")
        statistics = reader.conn.execute(
            "SELECT reltuples FROM pg_class WHERE oid = 'conflict.conflictvisitmaps'::regclass"
        ).fetchone()

    assert len(rows) == SIZE.conflict_rows
    assert "changed" not in {row["SSN"] for row in rows}
    assert statistics == {"reltuples": SIZE.conflict_rows}
    assert names(session, databases.token) == before


@pytest.mark.parametrize("error", [psycopg.Error, KeyboardInterrupt])
def test_all_are_dropped_after_a_failure_even_with_an_open_session(
    database: Postgres, session: Session, error: type[BaseException]
) -> None:
    tokens = []

    def fail() -> None:
        with own_databases(database) as own:
            tokens.append(own.token)
            make_empty_template(own)
            cloning = own.clone()
            open_session = cloning.__enter__().session("left open")
            open_session.__enter__()
            assert len(names(session, own.token)) == 2
            raise error

    with pytest.raises(error):
        fail()

    assert names(session, tokens[0]) == []


def test_leftovers_of_a_killed_benchmark_are_dropped_and_a_running_one_is_spared(
    database: Postgres, session: Session
) -> None:
    killed = f"killed{os.getpid()}"
    for name in ("template", "1"):
        session.conn.execute(f"CREATE DATABASE {PREFIX}{killed}_{name} TEMPLATE template0".encode())

    with own_databases(database) as running:
        make_empty_template(running)
        with own_databases(database):
            assert names(session, killed) == []
            assert len(names(session, running.token)) == 1


def test_a_user_who_may_not_checkpoint_can_still_measure(databases: Databases) -> None:
    role = f"bench_{os.getpid()}"
    with databases.server.session("test") as session:
        session.conn.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'test'".encode())
        try:
            info = {**databases.server.conninfo, "user": role, "password": "test"}
            user = Databases(Postgres(databases.server.settings, info), "test")
            user.checkpoint(user.server)
        finally:
            session.conn.execute(f"DROP ROLE {role}".encode())

    assert databases.checkpointed
    assert not user.checkpointed


def make_empty_template(databases: Databases) -> None:
    with databases._administration() as session:
        databases._create(session, f"{databases._prefix}template", "template0")
