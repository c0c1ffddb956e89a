"""Columns of adopted tables that differ from tables.csv in a way that keeps a step from filling them."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql

from conflict_pipeline.errors import PipelineError, name_some
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session

_WHOLE_DIGITS = {"smallint": 4, "integer": 9, "bigint": 18}
_SIZED = re.compile(r"(character varying|varchar|character|numeric)\((\d+)(?:,(\d+))?\)")


def cast_to_column(name: str, type_name: LiteralString) -> sql.Composed:
    """Return column `name` of new_value as a value of the column that it fills.

    A cast to the column's own type cuts texts to its width, where a plain assignment would fail.
    """
    return sql.SQL("{}::{}").format(sql.Identifier("new_value", name), sql.SQL(type_name))


def require_not_generated(session: Session, table_name: str, columns: Iterable[str]) -> None:
    """Raise PipelineError if the table computes one of the columns, which a step must fill, itself."""
    values = {**session.schema_values, "table_name": table_name, "columns": list(columns)}
    found = [f'"{row["column_name"]}"' for row in session.rows("schema/select_generated_columns", values)]
    if found:
        raise PipelineError(
            f"Columns {', '.join(found)} of conflict.{table_name} are generated, but the pipeline has to "
            "write them, so nothing was written. Run for each: ALTER TABLE … ALTER COLUMN … DROP EXPRESSION"
        )


@contextmanager
def naming_narrow_columns(session: Session, table_name: str) -> Iterator[None]:
    """Turn the error of a value that does not fit into a PipelineError that names the narrow columns.

    Postgres names no column. Those that are narrower than in tables.csv are the only ones that can be meant.
    """
    # Asked for in advance, because after the error the transaction can be asked nothing.
    narrow = session.once(f"narrow {table_name}", lambda: _narrow_columns(session, table_name))
    try:
        yield
    except (psycopg.errors.NumericValueOutOfRange, psycopg.errors.StringDataRightTruncation):
        if not narrow:
            raise
        raise PipelineError(
            f"A value does not fit into conflict.{table_name}, of which these columns are narrower "
            f"than the pipeline's: {name_some(narrow)}. "
            "Widen them: ALTER TABLE … ALTER COLUMN … TYPE"
        ) from None


def _narrow_columns(session: Session, table_name: str) -> list[str]:
    table = tables.get_table(table_name)
    types = schema.column_types(session, table)
    return [
        f'"{column.name}" ({types[column.name]})'
        for column in table.columns
        if column.name in types and _size(types[column.name]) < _size(column.type_name)
    ]


def _size(type_name: str) -> float:
    """Return how many letters, or digits before the point, a type holds; infinity where it has no limit."""
    if match := _SIZED.fullmatch(type_name):
        return int(match[2]) - int(match[3] or 0)
    return _WHOLE_DIGITS.get(type_name, float("inf"))
