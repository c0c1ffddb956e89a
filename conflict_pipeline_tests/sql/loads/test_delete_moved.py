from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import TARGET, create, places, read, same_key

MOVED = sql.Identifier("pg_temp", "moved")


def delete_moved(session: Session, *key: str) -> int:
    return session.execute(
        "loads/delete_moved", None, target=TARGET, moved=MOVED, same_key=same_key(*key, other="moved")
    ).rowcount


def test_rows_whose_key_has_moved_go(scratch: Session) -> None:
    create(scratch, TARGET, "id text, hours int", [("a", 1), ("b", 2), ("c", 3)])
    create(scratch, MOVED, "id text", [("a",), ("c",)])
    before = places(scratch)

    assert delete_moved(scratch, "id") == 2
    assert read(scratch) == [("b", 2)]
    assert places(scratch) == {"b": before["b"]}


def test_a_key_that_is_not_here_or_comes_twice_does_no_harm(scratch: Session) -> None:
    create(scratch, TARGET, "id text", [("a",), ("b",)])
    create(scratch, MOVED, "id text", [("a",), ("a",), ("c",)])

    assert delete_moved(scratch, "id") == 1
    assert read(scratch) == [("b",)]


def test_if_nothing_has_moved_nothing_goes(scratch: Session) -> None:
    create(scratch, TARGET, "id text", [("a",)])
    create(scratch, MOVED, "id text")

    assert delete_moved(scratch, "id") == 0
