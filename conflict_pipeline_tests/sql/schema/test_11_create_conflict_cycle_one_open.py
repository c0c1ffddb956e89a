import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import cycle, read


def test_one_cycle_is_open_at_a_time(scratch: Session) -> None:
    cycle(scratch, cycle_key="a")

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        cycle(scratch, cycle_key="b")


def test_many_have_ended(scratch: Session) -> None:
    for key, state in (("a", "completed"), ("b", "completed"), ("c", "superseded"), ("d", "open")):
        cycle(scratch, cycle_key=key, state=state)

    assert len(read(scratch, "conflict_cycle")) == 4


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/11_create_conflict_cycle_one_open").statusmessage == "CREATE INDEX"
