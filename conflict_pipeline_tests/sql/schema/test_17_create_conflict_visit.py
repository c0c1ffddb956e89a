import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert


def test_a_visit_is_noted_once(scratch: Session) -> None:
    insert(scratch, "conflict_visit", visit_id="v1")

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "conflict_visit", visit_id="v1")


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/17_create_conflict_visit").statusmessage == "CREATE TABLE"
