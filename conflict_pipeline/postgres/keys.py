"""The keys of the tables that steps join: each must be unique, or rows multiply without an error.

A table that the pipeline creates has a primary key. One that it adopts may have none, and may hold a key
twice.
"""

from collections.abc import Iterable, Iterator

from psycopg import sql
from psycopg.types.json import Jsonb

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.indexes import drop_invalid_indexes
from conflict_pipeline.postgres.session import Session


def require_unique(session: Session, names: Iterable[str]) -> None:
    """Raise PipelineError, naming the tables, unless the key of each named table is unique.

    Rows are counted only where no unique index exists; `schema apply` creates one.
    """
    faults = [_fault(table) for table, _ in _unprotected(session, names) if _has_duplicates(session, table)]
    if faults:
        raise PipelineError(
            f"{'; '.join(faults)}. Rows of a cycle would multiply, so nothing was written. Delete the "
            "duplicates, then run: conflict-pipeline schema apply"
        )


def create_unique_indexes(session: Session, names: Iterable[str]) -> list[str]:
    """Create the unique indexes that the named tables lack and return what was done or found, a line each."""
    done = []
    for table, can_have_index in _unprotected(session, names):
        if _has_duplicates(session, table):
            done.append(f"{_fault(table)}: no cycle runs before the duplicates are deleted")
        elif can_have_index:
            index = f"{table.name}_unique_key"
            drop_invalid_indexes(session, [index])
            session.execute(
                "schema/create_unique_index", None, index=sql.Identifier(index), **_parts(session, table)
            )
            done.append(f"created index {index}")
    return done


def _unprotected(session: Session, names: Iterable[str]) -> Iterator[tuple[tables.Table, bool]]:
    """Yield the tables whose key no index keeps unique, and whether an index can."""
    keys = {name: tables.get_table(name).primary_key for name in names}
    for row in session.rows("schema/select_keys", {"keys": Jsonb(keys), **session.schema_values}):
        if not row["is_unique"]:
            yield tables.get_table(row["table_name"]), row["can_have_index"]


def _has_duplicates(session: Session, table: tables.Table) -> bool:
    row = session.one("schema/select_has_duplicates", None, **_parts(session, table))
    return bool(row["has_duplicates"])


def _parts(session: Session, table: tables.Table) -> dict[str, sql.Composable]:
    return {
        "table": sql.Identifier(session.schema_names[table.schema], table.name),
        "key": sql.SQL(", ").join(map(sql.Identifier, table.primary_key)),
    }


def _fault(table: tables.Table) -> str:
    columns = ", ".join(f'"{name}"' for name in table.primary_key)
    return f"several rows of {table.schema}.{table.name} have the same {columns}"
