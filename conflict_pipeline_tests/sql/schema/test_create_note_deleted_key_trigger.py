import pytest

from conflict_pipeline.cycles.set_up import TRACKED_KEYS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import clear, insert, read


@pytest.mark.parametrize("table", TRACKED_KEYS)
def test_the_key_of_a_deleted_row_is_noted(scratch: Session, table: str) -> None:
    (key,) = tables.get_table(table).primary_key
    insert(scratch, table, **{key: 1, TRACKED_KEYS[table]: 2 if key != TRACKED_KEYS[table] else 1})

    clear(scratch, table)

    (row,) = read(scratch, "conflict_deleted_key")
    assert (row["table_name"], row["key"]) == (table, "2" if key != TRACKED_KEYS[table] else "1")


def test_not_of_one_that_stays(scratch: Session) -> None:
    insert(scratch, "dimuser", **{"User Id": "u1"})
    scratch.conn.execute("""UPDATE analytics.dimuser SET "User Fullname" = 'new'""")

    assert read(scratch, "conflict_deleted_key") == []
