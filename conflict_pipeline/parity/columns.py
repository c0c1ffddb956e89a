"""What is compared: the columns of tables.csv that both tables have."""

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
# By Postgres's spelling of the type; the group is the number of decimals. A date is a time at midnight.
_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"character varying(?:\(\d+\))?|text", "text"),
    (r"numeric\(\d+,(\d+)\)|bigint|integer|smallint", "number"),
    (r"timestamp(?:\(\d\))? without time zone|date", "time"),
    (r"boolean", "boolean"),
)


@dataclass(frozen=True)
class Column:
    """A column as it is called here (in Postgres) and there (in Snowflake); `scale` is of numbers."""

    here: str
    there: str
    kind: Kind
    scale: int = 0


@dataclass(frozen=True)
class Columns:
    """The key, what is compared by it, and the names of what Snowflake lacks."""

    key: Column
    compared: tuple[Column, ...]
    missing: tuple[str, ...]


def types_here(session: Session) -> dict[str, str]:
    """Postgres's spelling of the type of every column that tables.csv names; raises PipelineError."""
    table = tables.get_table(TABLE)
    found = schema.column_types(session, table)
    names = [column.name for column in table.columns]
    if any(name not in found for name in names):
        raise PipelineError(f"Postgres lacks {TABLE} or columns of it: conflict-pipeline schema apply.")
    return {name: found[name] for name in names}


def ignored_columns(setting: str) -> set[str]:
    """The names in PARITY_IGNORED_COLUMNS; raises PipelineError if the table knows one of them not."""
    names = {name.strip() for name in setting.split(",")} - {""}
    unknown = names - {column.name for column in tables.get_table(TABLE).columns}
    if unknown:
        raise PipelineError(
            f"PARITY_IGNORED_COLUMNS names what {TABLE} does not have: {', '.join(sorted(unknown))}. "
            "Names are case-sensitive."
        )
    return names


def shared(types: Mapping[str, str], there: Sequence[str], ignored: Collection[str]) -> Columns:
    """The columns to compare, from the types here and the names there; raises PipelineError.

    A name there is taken as it is, else in another case; one that two names fit in another case is refused.
    """
    found = {
        name: _column(name, type_name, match)
        for name, type_name in types.items()
        if (name == KEY or name not in ignored) and (match := _match(name, there)) is not None
    }
    if KEY not in found or len(found) == 1:
        raise PipelineError(f"{TABLE} in Snowflake has no {KEY}, or nothing beside it that Postgres has.")
    wanted = [name for name in types if name not in ignored or name == KEY]
    return Columns(
        key=found[KEY],
        compared=tuple(column for name, column in found.items() if name != KEY),
        missing=tuple(name for name in wanted if name not in found),
    )


def _match(name: str, there: Sequence[str]) -> str | None:
    if name in there:
        return name
    similar = [other for other in there if other.upper() == name.upper()]
    if len(similar) > 1:
        raise PipelineError(
            f"{TABLE} in Snowflake has several columns for {name}: {', '.join(similar)}. Add it to "
            "PARITY_IGNORED_COLUMNS."
        )
    return similar[0] if similar else None


def _column(here: str, type_name: str, there: str) -> Column:
    for pattern, kind in _KINDS:
        match = re.fullmatch(pattern, type_name)
        if match:
            scale = int(match[1]) if kind == "number" and match[1] else 0
            return Column(here, there, kind, scale)
    raise PipelineError(
        f"{TABLE} in Postgres has {here} of type {type_name}, which cannot be compared. Add it to "
        "PARITY_IGNORED_COLUMNS."
    )
