from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import STAGE, TARGET, create, places, read, same_key


def delete_missing(session: Session, *key: str) -> int:
    return session.execute(
        "loads/delete_missing", None, target=TARGET, stage=STAGE, same_key=same_key(*key)
    ).rowcount


def test_rows_whose_key_did_not_arrive_go(scratch: Session) -> None:
    create(scratch, TARGET, "id text, hours int", [("a", 1), ("b", 2), ("c", 3)])
    create(scratch, STAGE, "id text, hours int", [("b", 20), ("d", 4)])
    before = places(scratch)

    assert delete_missing(scratch, "id") == 2
    assert read(scratch) == [("b", 2)]
    assert places(scratch) == {"b": before["b"]}


def test_both_columns_of_a_key_must_have_arrived_together(scratch: Session) -> None:
    create(scratch, TARGET, "id int, environment text", [(1, "a"), (1, "b"), (2, "a"), (2, "b")])
    create(scratch, STAGE, "id int, environment text", [(1, "a"), (2, "b")])

    assert delete_missing(scratch, "id", "environment") == 2
    assert read(scratch) == [(1, "a"), (2, "b")]


def test_a_key_that_differs_in_case_or_blanks_is_another(scratch: Session) -> None:
    create(scratch, TARGET, "id varchar(50)", [("a",), ("b",)])
    create(scratch, STAGE, "id varchar(50)", [("A",), ("b ",)])

    assert delete_missing(scratch, "id") == 2


def test_if_all_arrived_nothing_goes(scratch: Session) -> None:
    create(scratch, TARGET, "id text", [("a",), ("b",)])
    create(scratch, STAGE, "id text", [("b",), ("a",), ("a",), ("c",)])

    assert delete_missing(scratch, "id") == 0


def test_if_nothing_arrived_everything_goes(scratch: Session) -> None:
    create(scratch, TARGET, "id text", [("a",), ("b",)])
    create(scratch, STAGE, "id text")

    assert delete_missing(scratch, "id") == 2
