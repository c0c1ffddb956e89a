import psycopg
import pytest
from psycopg import sql

from conflict_pipeline.defs.assets.analytics import LOADED_TABLES
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert
from conflict_pipeline_tests.sql.loads.tables import STAGE, identifiers, read

EVERY_TABLE = pytest.mark.parametrize("table", LOADED_TABLES, ids=lambda table: table.name)


def create_stage(session: Session, table: str, *columns: str) -> None:
    session.execute(
        "loads/create_stage",
        stage=STAGE,
        columns=identifiers(*columns),
        target=sql.Identifier(session.schema_names["analytics"], table),
    )


def stage_columns(session: Session) -> dict[str, str]:
    """Names and types, in their order; no column may refuse NULL or have a default."""
    rows = session.conn.execute(
        "SELECT attname, format_type(atttypid, atttypmod) AS type_name, attnotnull OR atthasdef AS has_more"
        " FROM pg_attribute WHERE attrelid = 'pg_temp.arriving'::regclass AND attnum > 0 ORDER BY attnum"
    ).fetchall()
    assert not any(row["has_more"] for row in rows)
    return {row["attname"]: row["type_name"] for row in rows}


@EVERY_TABLE
def test_it_has_the_types_of_every_table_and_no_constraint(scratch: Session, table: tables.Table) -> None:
    names = [column.name for column in table.columns]

    create_stage(scratch, table.name, *names)

    types = schema.column_types(scratch, table)
    assert list(stage_columns(scratch).items()) == [(name, types[name]) for name in names]


def test_it_has_the_columns_that_are_named_in_that_order(scratch: Session) -> None:
    create_stage(scratch, "dimoffice", "Office Name", "Office Id")

    assert list(stage_columns(scratch)) == ["Office Name", "Office Id"]


def test_it_begins_empty(scratch: Session) -> None:
    insert(scratch, "dimoffice", **{"Office Id": "o1"})

    create_stage(scratch, "dimoffice", "Office Id")

    assert read(scratch, STAGE) == []


def test_each_session_has_its_own(database: Postgres, session: Session) -> None:
    create_stage(session, "dimoffice", "Office Id")

    with database.session("other") as other:
        with pytest.raises(psycopg.errors.UndefinedTable):
            read(other, STAGE)
        create_stage(other, "dimoffice", "Office Id")
