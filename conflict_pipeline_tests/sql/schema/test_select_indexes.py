import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, insert

SCHEMAS = {"conflict_schema": "conflict", "analytics_schema": "analytics"}


def indexes(session: Session, *names: str) -> list[Row]:
    return session.rows("schema/select_indexes", {"names": list(names), **SCHEMAS})


def test_indexes_are_found_by_name_in_both_schemas(scratch: Session) -> None:
    found = indexes(scratch, "conflictvisitmaps_chunk_key", "dimpatientaddress_patient_id", "unknown")

    assert {(row["schema_name"], row["index_name"], row["is_valid"]) for row in found} == {
        ("conflict", "conflictvisitmaps_chunk_key", True),
        ("analytics", "dimpatientaddress_patient_id", True),
    }


def test_one_that_a_broken_attempt_left_behind_is_not_valid(session: Session) -> None:
    for number in (1, 2):
        insert(session, "mph", ID=number, TYPE="equal")

    with pytest.raises(psycopg.errors.UniqueViolation):
        session.conn.execute('CREATE UNIQUE INDEX CONCURRENTLY broken ON conflict.mph ("TYPE")')

    assert [row["is_valid"] for row in indexes(session, "broken")] == [False]


def test_namesakes_elsewhere_do_not_count(scratch: Session) -> None:
    scratch.conn.execute("CREATE TABLE public.elsewhere (x int)")
    scratch.conn.execute("CREATE INDEX mine ON public.elsewhere (x)")

    assert indexes(scratch, "mine") == []
