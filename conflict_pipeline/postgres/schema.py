"""The database's schema: `conflict-pipeline schema apply`, and what is missing.

The only source of tables, columns and types is sql/schema/tables.csv; the pipeline's own tables, views and
functions are the numbered statements next to it. Applying them is idempotent and never drops, retypes or
rewrites anything: a table that exists is adopted, and only gets the columns that it lacks.
"""

from collections.abc import Mapping
from typing import LiteralString

from psycopg import sql

from conflict_pipeline.errors import PipelineError, name_some
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.indexes import create_indexes
from conflict_pipeline.postgres.keys import create_unique_indexes
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.table_ddl import add_columns, create_staging, create_table
from conflict_pipeline.postgres.triggers import create_triggers


def apply(session: Session, tracked: Mapping[str, str]) -> list[str]:
    """Create what is missing and return what was done, a line each.

    `tracked` maps tables to their key columns: triggers note the keys that change, and the primary keys of
    these tables are kept unique. All is one transaction, except for the indexes, which are built one by one
    so that writers can go on. Raises PipelineError, before anything is written, where another user owns a
    schema or a table.
    """
    _require_ownership(session)
    done = []
    with session.transaction():
        for role in session.schemas:
            session.conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(session.schemas[role]))
        existing = _existing_columns(session)
        for table in tables.all_tables():
            done += _create_or_complete(session, table, existing)
        for source, staging in zip(tables.STAGED_TABLES, tables.staging_tables(), strict=True):
            done += _create_or_complete(session, staging, existing, source)
        for name in tables.ddl_statements():
            session.execute(name)
        done += create_triggers(session, tracked)
    return done + create_indexes(session) + create_unique_indexes(session, tracked)


def missing(session: Session) -> list[str]:
    """Return the tables, columns, views and functions that the database lacks, a line each."""
    existing = _existing_columns(session)
    functions = {
        row["function_name"] for row in session.rows("schema/select_functions", session.schema_values)
    }
    lacking = [
        f"{kind} conflict.{name}"
        for kind, name in tables.ddl_objects()
        if (name not in functions if kind == "function" else ("conflict", name) not in existing)
    ]
    for table in (*tables.all_tables(), *tables.staging_tables()):
        columns = existing.get((table.schema, table.name))
        if columns is None:
            lacking.append(f"table {table.schema}.{table.name}")
        else:
            lacking += [
                f'column "{column.name}" of {table.schema}.{table.name}'
                for column in table.columns
                if column.name not in columns
            ]
    return lacking


def require(session: Session) -> None:
    """Raise PipelineError, naming what is missing, unless the database has all that the pipeline needs."""
    lacking = missing(session)
    if lacking:
        raise PipelineError(f"The database lacks {name_some(lacking)}. Run: conflict-pipeline schema apply")


def relations() -> list[tuple[str, str]]:
    """Return every table and view of the pipeline as (schema, name)."""
    return [
        *((table.schema, table.name) for table in (*tables.all_tables(), *tables.staging_tables())),
        *(("conflict", name) for kind, name in tables.ddl_objects() if kind != "function"),
    ]


def column_types(session: Session, table: tables.Table) -> dict[str, LiteralString]:
    """Return the types that the columns of the table have in this database, as format_type spells them."""
    schema_name = session.schema_names[table.schema]
    return {
        row["column_name"]: row["type_name"]
        for row in session.rows("schema/select_columns", session.schema_values)
        if (row["schema_name"], row["table_name"]) == (schema_name, table.name)
    }


def analyze(session: Session, table: sql.Identifier) -> None:
    """Update the statistics of a table of the schema's owner, also for a user who does not own it."""
    # Without bound values, because psycopg would take a percent sign in a name for a placeholder.
    statement = sql.SQL("SELECT {}.analyze_table({}::regclass)")
    session.conn.execute(statement.format(session.schemas["conflict"], sql.Literal(table.as_string())))


def _require_ownership(session: Session) -> None:
    names = [name for _, name in relations()]
    rows = session.rows("schema/select_owners", {**session.schema_values, "names": names})
    if rows:
        found = [f"{row['object']} ({row['owner']})" for row in rows]
        raise PipelineError(
            f"User {session.conn.info.user} does not own {name_some(found)}; nothing was written. "
            "Run schema apply as a member of every owner that is named here, or change the owner."
        )


def _existing_columns(session: Session) -> dict[tuple[str, str], set[str]]:
    roles = {name: role for role, name in session.schema_names.items()}
    found: dict[tuple[str, str], set[str]] = {}
    for row in session.rows("schema/select_columns", session.schema_values):
        found.setdefault((roles[row["schema_name"]], row["table_name"]), set()).add(row["column_name"])
    return found


def _create_or_complete(
    session: Session,
    table: tables.Table,
    existing: Mapping[tuple[str, str], set[str]],
    staged: str | None = None,
) -> list[str]:
    """Create the table, or add the columns that it lacks; `staged` names the table that it stages."""
    columns = existing.get((table.schema, table.name))
    if columns is None:
        if staged:
            create_staging(session, table, staged)
        else:
            create_table(session, table)
        return [f"created table {table.schema}.{table.name}"]
    if lacking := [column for column in table.columns if column.name not in columns]:
        add_columns(session, table, lacking)
        return [f"added {len(lacking)} columns to {table.schema}.{table.name}"]
    return []
