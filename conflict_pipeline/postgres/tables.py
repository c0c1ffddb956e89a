"""Every table and column that the pipeline reads or writes, as sql/schema/tables.csv lists them."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.statements import SQL_FOLDER

VISITS = "factvisitcallperformance_cr"
# Loaded in this order, because deleted visits move from the first to the second. Their first load takes
# hours, so its rows wait in an unlogged staging table that outlives a session.
STAGED_TABLES = (VISITS, "factvisitcallperformance_deleted_cr")
# Tables whose columns mean what those of another table mean, unless they have a description of their own.
_DESCRIBED_LIKE = {"conflictvisitmaps_temp": "conflictvisitmaps", STAGED_TABLES[1]: VISITS}
# A column with a prefix means what the column without it means, for another visit or patient.
_PREFIXES = {
    "ConP_": "Conflicting visit, patient as the provider knows them",
    "ConPA_": "Conflicting visit, patient as the payer knows them",
    "Con": "Conflicting visit",
    "P_": "Patient as the provider knows them",
    "PA_": "Patient as the payer knows them",
}
_CREATED = re.compile(
    r"^CREATE (?:OR REPLACE |UNLOGGED )?(?P<kind>TABLE|VIEW|FUNCTION) (?:IF NOT EXISTS )?"
    r"\{conflict\}\.(?P<name>\w+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Column:
    """One column; `type_name` is Postgres's spelling of its type, `default` an SQL expression or empty."""

    name: str
    type_name: str
    nullable: bool
    in_primary_key: bool
    default: str
    description: str = ""


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
    """Return every table of tables.csv, tables and columns in the order of the file."""
    texts = _descriptions()
    found: dict[tuple[str, str], list[Column]] = {}
    for row in _rows("tables"):
        column = Column(
            row["column"],
            row["postgres_type"],
            row["nullable"] == "YES",
            row["key"] == "PK",
            row["default"],
            _describe(texts, row["table"], row["column"]),
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


@cache
def ddl_statements() -> tuple[str, ...]:
    """Return the statements that create the pipeline's own tables, views and functions, in order."""
    return tuple(f"schema/{path.stem}" for path in sorted((SQL_FOLDER / "schema").glob("[0-9]*.sql")))


@cache
def ddl_objects() -> tuple[tuple[str, str], ...]:
    """Return what `ddl_statements` create, as (kind, name): ("table", "conflict_cycle")."""
    texts = ((SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8") for name in ddl_statements())
    return tuple(
        (match["kind"].lower(), match["name"]) for text in texts for match in _CREATED.finditer(text)
    )


def _descriptions() -> Mapping[tuple[str, str], str]:
    texts = {(row["table"], row["column"]): row["description"] for row in _rows("descriptions")}
    for column, rule in RULE_COLUMNS.items():
        texts["conflictvisitmaps", column] = f"Y: {rule}. The update changes N only."
    return texts


def _describe(texts: Mapping[tuple[str, str], str], table: str, column: str) -> str:
    """Return a column's description, also one that is derived from another column; empty without one."""
    if text := texts.get((table, column)):
        return text
    for prefix, label in _PREFIXES.items():
        rest = column.removeprefix(prefix)
        if rest != column and (text := _describe(texts, table, rest)):
            return f"{label}: {text}"
    return _describe(texts, _DESCRIBED_LIKE[table], column) if table in _DESCRIBED_LIKE else ""


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (SQL_FOLDER / "schema" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
