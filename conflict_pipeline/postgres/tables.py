"""Every table and column that the pipeline reads or writes: sql/schema/tables.csv."""

import csv
from dataclasses import dataclass
from functools import cache

from conflict_pipeline.statements import SQL_FOLDER

VISITS = "factvisitcallperformance_cr"
# Visits that are deleted move from the first to the second. A first load of them takes hours, and so has an
# unlogged staging table that outlives a session.
STAGED_TABLES = (VISITS, "factvisitcallperformance_deleted_cr")


@dataclass(frozen=True)
class Column:
    """One column; `type_name` is Postgres's spelling of its type, `default` an SQL expression or empty."""

    name: str
    type_name: str
    nullable: bool
    in_primary_key: bool
    default: str


@dataclass(frozen=True)
class Table:
    """One table; `schema` is "analytics" or "conflict", whatever the schemas are called in the database."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def primary_key(self) -> list[str]:
        return [column.name for column in self.columns if column.in_primary_key]


@cache
def all_tables() -> tuple[Table, ...]:
    """Every table of tables.csv, in its order, with its columns in theirs."""
    found: dict[tuple[str, str], list[Column]] = {}
    with (SQL_FOLDER / "schema" / "tables.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            column = Column(
                row["column"],
                row["postgres_type"],
                row["nullable"] == "YES",
                row["key"] == "PK",
                row["default"],
            )
            found.setdefault((row["table_schema"], row["table"]), []).append(column)
    return tuple(Table(schema, name, tuple(columns)) for (schema, name), columns in found.items())


def get_table(name: str) -> Table:
    return next(table for table in all_tables() if table.name == name)


def staging_name(table_name: str) -> str:
    return f"{table_name}_staging"


def staging_tables() -> list[Table]:
    staged = [get_table(name) for name in STAGED_TABLES]
    return [Table(wanted.schema, staging_name(wanted.name), wanted.columns) for wanted in staged]
