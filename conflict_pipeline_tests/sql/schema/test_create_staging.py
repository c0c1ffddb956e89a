import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session

COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) AS type_name, attnotnull OR atthasdef AS has_more
    FROM pg_attribute WHERE attrelid = 'analytics.waiting'::regclass AND attnum > 0 ORDER BY attnum
"""


def create_staging(session: Session, table: str, *columns: str) -> None:
    session.execute(
        "schema/create_staging",
        staging=sql.Identifier("waiting"),
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


@pytest.mark.parametrize("name", tables.STAGED_TABLES)
def test_it_has_the_types_of_its_table_and_no_constraint(scratch: Session, name: str) -> None:
    table = tables.get_table(name)
    names = [column.name for column in table.columns]

    create_staging(scratch, name, *names)

    types = schema.column_types(scratch, table)
    found = scratch.conn.execute(COLUMNS).fetchall()
    assert [(row["attname"], row["type_name"]) for row in found] == [(name, types[name]) for name in names]
    assert not any(row["has_more"] for row in found)
    indexes = "SELECT FROM pg_index WHERE indrelid = 'analytics.waiting'::regclass"
    assert scratch.conn.execute(indexes).fetchall() == []


def test_it_begins_empty_and_is_not_logged(scratch: Session) -> None:
    scratch.conn.execute("""INSERT INTO analytics.dimoffice ("Office Id") VALUES ('o1')""")

    create_staging(scratch, "dimoffice", "Office Id")

    assert scratch.conn.execute("SELECT FROM analytics.waiting").fetchall() == []
    kind = "SELECT relpersistence FROM pg_class WHERE oid = 'analytics.waiting'::regclass"
    assert scratch.conn.execute(kind).fetchone() == {"relpersistence": "u"}


def test_a_type_that_differs_in_this_database_is_kept(scratch: Session) -> None:
    scratch.conn.execute("""ALTER TABLE analytics.dimoffice ALTER "Office Name" TYPE varchar(777)""")

    create_staging(scratch, "dimoffice", "Office Id", "Office Name")

    found = {row["attname"]: row["type_name"] for row in scratch.conn.execute(COLUMNS)}
    assert found == {"Office Id": "character varying(50)", "Office Name": "character varying(777)"}


def test_one_that_exists_is_not_replaced(scratch: Session) -> None:
    create_staging(scratch, "dimoffice", "Office Id")

    with pytest.raises(psycopg.errors.DuplicateTable), scratch.transaction():
        create_staging(scratch, "dimoffice", "Office Id")
