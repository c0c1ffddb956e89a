"""The one loader of sql/: a statement is named by its path below that folder, without the ending."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import LiteralString

from psycopg import sql

_PACKAGE = Path(__file__).parent
# In a wheel sql/ is inside the package, in a checkout it stands beside it.
SQL_FOLDER = _PACKAGE / "sql" if (_PACKAGE / "sql").is_dir() else _PACKAGE.parent / "sql"


@cache
def load(name: str) -> sql.SQL:
    """The statement of `sql/<name>.sql`, with `{identifier}` and `%(value)s` places still open."""
    # The files are part of the program, as trusted as its code: this is the one place that says so.
    return sql.SQL(_read(name))


def compose(name: str, parts: Mapping[str, sql.Composable]) -> sql.Composed:
    """The statement with its identifiers and fragments in place, to be executed with values.

    psycopg then takes every percent sign for the place of a value; those in names are doubled here.
    """
    return load(name).format(**{place: _to_be_bound(part) for place, part in parts.items()})


@cache
def comment(name: str) -> str:
    """What the comment on top of the statement says of its result, without what it takes."""
    lines = []
    for line in _read(name).splitlines():
        if not line.startswith("-- ") or line.startswith(("-- Values:", "-- Identifiers:")):
            break
        lines.append(line.removeprefix("-- ").strip())
    return " ".join(lines)


def _to_be_bound(part: sql.Composable) -> sql.Composable:
    if isinstance(part, sql.Composed):
        return sql.Composed([_to_be_bound(piece) for piece in part])
    if isinstance(part, sql.Identifier):
        return sql.SQL(part.as_string().replace("%", "%%"))
    return part


def _read(name: str) -> LiteralString:
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
