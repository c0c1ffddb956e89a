import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import WINDOW, read


def test_there_is_one_snapshot(scratch: Session) -> None:
    scratch.execute("steps/snapshot/upsert_snapshot", {**WINDOW, "tables": "these"})
    (row,) = read(scratch, "conflict_snapshot")

    for is_only in (True, False):
        names = ", ".join(name for name in row if name != "is_only")
        table = "conflict.conflict_snapshot"
        again = f"INSERT INTO {table} SELECT {is_only}, {names} FROM {table}"
        with pytest.raises(psycopg.errors.IntegrityError), scratch.transaction():
            scratch.conn.execute(again.encode())


def test_creating_it_again_is_no_error(scratch: Session) -> None:
    assert scratch.execute("schema/19_create_conflict_snapshot").statusmessage == "CREATE TABLE"
