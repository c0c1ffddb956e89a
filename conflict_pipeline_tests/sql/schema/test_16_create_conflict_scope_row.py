import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, cycle, insert


def test_a_row_is_once_in_a_scope(scratch: Session) -> None:
    row = {"cycle_id": cycle(scratch)["cycle_id"], "visit_date": DAY, "ssn": "", "row_id": 10**37}
    insert(scratch, "conflict_changed_row", **row)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "conflict_changed_row", **row)


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/16_create_conflict_changed_row").statusmessage == "CREATE TABLE"
