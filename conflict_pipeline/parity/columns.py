"""The columns to compare: those of tables.csv that both tables have."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session

Kind = Literal["text", "number", "time", "boolean"]

TABLE = "conflictvisitmaps"
KEY = "ID"
# Kinds by Postgres's spelling of the type. The group is the number of decimals. A date is a time at midnight.
_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"character varying(?:\(\d+\))?|text", "text"),
    (r"numeric\(\d+,(\d+)\)|bigint|integer|smallint", "number"),
    (r"timestamp(?:\(\d\))? without time zone|date", "time"),
    (r"boolean", "boolean"),
)


@dataclass(frozen=True)
class Column:
    """A column by its names in both systems; `scale` is the number of decimals of a number."""

    name: str
    snowflake_name: str
    kind: Kind
    scale: int = 0


@dataclass(frozen=True)
class Columns:
    """The key, the compared columns, and the names of the columns that Snowflake lacks."""

    key: Column
    compared: tuple[Column, ...]
    missing: tuple[str, ...]


def postgres_types(session: Session) -> dict[str, str]:
    """Return Postgres's spelling of the type of each column in tables.csv.

    Raises PipelineError if Postgres lacks the table or one of these columns.
    """
    table = tables.get_table(TABLE)
    found = schema.column_types(session, table)
    names = [column.name for column in table.columns]
    if any(name not in found for name in names):
        raise PipelineError(f"Postgres lacks {TABLE} or columns of it. Run `conflict-pipeline schema apply`.")
    return {name: found[name] for name in names}


def ignored_columns(setting: str) -> set[str]:
    """Return the names in PARITY_IGNORED_COLUMNS; raise PipelineError if the table lacks one of them."""
    names = {name.strip() for name in setting.split(",")} - {""}
    unknown = names - {column.name for column in tables.get_table(TABLE).columns}
    if unknown:
        raise PipelineError(
            f"PARITY_IGNORED_COLUMNS names columns that {TABLE} does not have: {', '.join(sorted(unknown))}. "
            "Names are case-sensitive."
        )
    return names


def match_columns(
    types: Mapping[str, str], snowflake_names: Sequence[str], ignored: Collection[str]
) -> Columns:
    """Match the columns of Postgres, given with their types, to those of Snowflake.

    A column matches the same name or, if there is none, the only name that differs in case alone. Raises
    PipelineError if several names differ in case alone, if a type cannot be compared, or if the key or every
    other column is missing in Snowflake.
    """
    found = {
        name: _column(name, type_name, match)
        for name, type_name in types.items()
        if (name == KEY or name not in ignored) and (match := _match(name, snowflake_names)) is not None
    }
    if KEY not in found or len(found) == 1:
        raise PipelineError(f"{TABLE} in Snowflake has no {KEY}, or no other column that Postgres has.")
    wanted = [name for name in types if name not in ignored or name == KEY]
    return Columns(
        key=found[KEY],
        compared=tuple(column for name, column in found.items() if name != KEY),
        missing=tuple(name for name in wanted if name not in found),
    )


def _match(name: str, snowflake_names: Sequence[str]) -> str | None:
    if name in snowflake_names:
        return name
    similar = [other for other in snowflake_names if other.upper() == name.upper()]
    if len(similar) > 1:
        raise PipelineError(
            f"{TABLE} in Snowflake has several columns for {name}: {', '.join(similar)}. Add it to "
            "PARITY_IGNORED_COLUMNS."
        )
    return similar[0] if similar else None


def _column(name: str, type_name: str, snowflake_name: str) -> Column:
    for pattern, kind in _KINDS:
        match = re.fullmatch(pattern, type_name)
        if match:
            scale = int(match[1]) if kind == "number" and match[1] else 0
            return Column(name, snowflake_name, kind, scale)
    raise PipelineError(
        f"{TABLE} in Postgres has {name} of type {type_name}, which cannot be compared. Add it to "
        "PARITY_IGNORED_COLUMNS."
    )
