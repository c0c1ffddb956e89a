import pytest
from psycopg import sql

from conflict_pipeline.cycles.set_up import KEYS_OF_INPUTS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, insert, read


@pytest.mark.parametrize("table", KEYS_OF_INPUTS)
def test_a_key_that_a_row_loses_is_noted(scratch: Session, table: str) -> None:
    (primary_key,), key = tables.get_table(table).primary_key, KEYS_OF_INPUTS[table]
    insert(scratch, table, **{primary_key: "x", key: "old"})

    change(scratch, table, **{key: "new"})

    (row,) = read(scratch, "conflict_deleted_key")
    assert (row["table_name"], row["key"]) == (table, "old")


@pytest.mark.parametrize("table", KEYS_OF_INPUTS)
def test_not_one_that_it_keeps(scratch: Session, table: str) -> None:
    (primary_key,), key = tables.get_table(table).primary_key, KEYS_OF_INPUTS[table]
    insert(scratch, table, **{primary_key: "x", key: "old"})

    change(scratch, table, **{key: "old"})
    other = next(
        column.name for column in tables.get_table(table).columns if column.name not in (primary_key, key)
    )
    name = sql.Identifier("analytics", table)
    scratch.conn.execute(sql.SQL("UPDATE {} SET {} = NULL").format(name, sql.Identifier(other)))

    assert read(scratch, "conflict_deleted_key") == []


def test_nor_that_there_was_none(scratch: Session) -> None:
    insert(scratch, "dimpatientaddress", **{"Patient Address Id": "a1"})

    change(scratch, "dimpatientaddress", **{"Patient Id": "t1"})

    assert read(scratch, "conflict_deleted_key") == []
