import psycopg
import pytest

from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import cycle


def test_a_cycle_of_an_earlier_version_was_a_full_one_whose_inputs_are_unknown(session: Session) -> None:
    session.conn.execute("DROP VIEW conflict.conflict_cycle_status")
    session.conn.execute(
        "ALTER TABLE conflict.conflict_cycle DROP COLUMN scope, DROP COLUMN scope_reason, DROP COLUMN inputs"
    )
    cycle(session)

    schema.apply(session)

    row = session.conn.execute("SELECT scope, scope_reason, inputs FROM conflict.conflict_cycle").fetchone()
    assert row == {"scope": "full", "scope_reason": "", "inputs": None}


def test_it_can_be_applied_again(session: Session) -> None:
    session.execute("schema/15_alter_conflict_cycle")


def test_another_scope_is_refused(scratch: Session) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), scratch.transaction():
        cycle(scratch, scope="some")
