import psycopg
import pytest

from conflict_pipeline.devtools.bench.databases import PREFIX, Databases, own_databases
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.devtools.bench.small import SIZE, databases, names
from conflict_pipeline_tests.rows import change, read

__all__ = ["databases"]  # fixture


def test_a_clone_holds_the_sample_and_what_is_written_into_it_stays_there(databases: Databases) -> None:
    with databases.clone() as first, first.session("test") as session:
        change(session, "conflictvisitmaps", SSN="changed")
    with databases.clone() as second, second.session("test") as session:
        rows = read(session, "conflictvisitmaps")

    assert len(rows) == SIZE.conflict_rows
    assert "changed" not in {row["SSN"] for row in rows}


def test_a_clone_has_statistics(databases: Databases) -> None:
    with databases.clone() as clone, clone.session("test") as session:
        row = session.conn.execute(
            "SELECT reltuples FROM pg_class WHERE oid = 'conflict.conflictvisitmaps'::regclass"
        ).fetchone()

    assert row == {"reltuples": SIZE.conflict_rows}


def test_a_clone_is_dropped_after_its_use(databases: Databases, session: Session) -> None:
    before = names(session)

    with databases.clone():
        assert len(names(session)) == len(before) + 1
    assert names(session) == before


@pytest.mark.parametrize("error", [PipelineError, psycopg.Error, KeyboardInterrupt, SystemExit])
def test_all_are_gone_after_a_failure_also_with_a_session_on_them(
    database: Postgres, session: Session, error: type[BaseException]
) -> None:
    def fail() -> None:
        with own_databases(database) as databases:
            databases.make_template(SIZE)
            cloning = databases.clone()
            open_session = cloning.__enter__().session("left open")
            open_session.__enter__()
            raise error

    with pytest.raises(error):
        fail()

    assert names(session) == []


def test_what_a_killed_benchmark_left_goes_and_what_is_at_work_stays(
    database: Postgres, session: Session
) -> None:
    for name in ("killed_template", "killed_1"):
        session.conn.execute(f"CREATE DATABASE {PREFIX}{name}".encode())

    with own_databases(database), own_databases(database) as other:
        other.make_template(SIZE)
        with own_databases(database):
            assert len(names(session)) == 1

    assert names(session) == []


def test_a_user_who_may_not_checkpoint_can_measure_all_the_same(databases: Databases) -> None:
    def refuse(*_: object) -> None:
        raise psycopg.errors.InsufficientPrivilege

    assert databases.checkpointed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Connection, "execute", refuse)
        patch.setattr(Postgres, "_configure", refuse_nothing)
        patch.setattr(Session, "describe_work", refuse_nothing)
        databases.checkpoint(databases.server)

    assert not databases.checkpointed


def refuse_nothing(*_: object) -> None:
    pass
