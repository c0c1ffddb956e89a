import psycopg
import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, read
from conflict_pipeline_tests.sql.loads.slices import values


def test_all_but_what_was_loaded_is_known(scratch: Session) -> None:
    row = insert(scratch, "load_slice", **values())

    assert row == {**values(), "loaded_rows": None}
    for column in values():
        with pytest.raises(psycopg.errors.NotNullViolation), scratch.transaction():
            insert(scratch, "load_slice", **{**values(slice_number=2), column: None})


def test_a_number_is_used_once_for_a_table(scratch: Session) -> None:
    insert(scratch, "load_slice", **values("visits", 1))
    insert(scratch, "load_slice", **values("deleted", 1))

    with pytest.raises(psycopg.errors.UniqueViolation), scratch.transaction():
        insert(scratch, "load_slice", **values("visits", 1))


def test_a_crash_of_the_server_empties_it_as_it_does_the_staging_tables(scratch: Session) -> None:
    rows = scratch.conn.execute(
        "SELECT relname, relpersistence FROM pg_class"
        " WHERE relname ~ '_staging$|^load_slice' AND relkind IN ('r', 'i')"
    ).fetchall()

    assert {row["relpersistence"] for row in rows} == {"u"}
    assert {"load_slice", "load_slice_pkey"} <= {row["relname"] for row in rows}


def test_creating_it_again_keeps_its_rows(scratch: Session) -> None:
    row = insert(scratch, "load_slice", **values())

    scratch.execute("schema/31_create_load_slice")

    assert read(scratch, "load_slice") == [row]
