import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import chunk, cycle, insert


def test_a_row_moves_once_in_a_cycle(scratch: Session) -> None:
    opened = cycle(scratch)
    first, second = (chunk(scratch, opened, number)["chunk_id"] for number in (1, 2))
    row = {"cycle_id": opened["cycle_id"], "row_id": 10**37}
    insert(scratch, "conflict_moved_row", **row, chunk_id=first)

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "conflict_moved_row", **row, chunk_id=second)


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/13_create_conflict_moved_row").statusmessage == "CREATE TABLE"
