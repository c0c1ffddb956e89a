import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import cycle, read


def test_a_cycle_begins_open_and_now(scratch: Session) -> None:
    made = cycle(scratch)

    assert (made["state"], made["closed_at"]) == ("open", None)
    assert made["opened_at"] is not None


def test_another_state_is_refused(scratch: Session) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), scratch.transaction():
        cycle(scratch, state="opne")


def test_a_key_is_used_once(scratch: Session) -> None:
    cycle(scratch, state="completed")

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        cycle(scratch)


def test_creating_it_again_keeps_its_rows(scratch: Session) -> None:
    made = cycle(scratch)

    scratch.execute("schema/10_create_conflict_cycle")

    assert read(scratch, "conflict_cycle") == [made]
