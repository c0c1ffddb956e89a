"""The loader of sql/: a statement is named by its path below that folder, without the ending."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import LiteralString

from psycopg import sql

_PACKAGE = Path(__file__).parent
# In a wheel sql/ is inside the package, in a checkout next to it.
SQL_FOLDER = _PACKAGE / "sql" if (_PACKAGE / "sql").is_dir() else _PACKAGE.parent / "sql"
# Conditions that several statements share: `{is_eligible}` stands for sql/fragments/is_eligible.sql.
_FRAGMENTS = "fragments"


@cache
def load(name: str) -> sql.SQL:
    """The text of `sql/<name>.sql`; `{identifier}` and `%(value)s` are still to be filled in."""
    # The files are part of the program and as trusted as its code. This is the one place that vouches for
    # them.
    return sql.SQL(_read(name))


def compose(name: str, parts: Mapping[str, sql.Composable]) -> sql.Composed:
    """Return the statement with its fragments, and with `parts` in place of its identifiers.

    It is to be executed with values: psycopg takes every percent sign in it for a placeholder, so those in
    names are doubled.
    """
    places = {place: _escape_percent(part) for place, part in parts.items()}
    return load(name).format(**places, **_fragments(name, places))


@cache
def comment(name: str) -> str:
    """The comment on top of the statement, without its lines about identifiers and values."""
    lines = []
    for line in _read(name).splitlines():
        if not line.startswith("-- ") or line.startswith(("-- Values:", "-- Identifiers:")):
            break
        lines.append(line.removeprefix("-- ").strip())
    return " ".join(lines)


def _fragments(name: str, places: Mapping[str, sql.Composable]) -> dict[str, sql.Composed]:
    return {
        place: compose(f"{_FRAGMENTS}/{place}", places)
        for place in _open_places(name)
        if place not in places and (SQL_FOLDER / _FRAGMENTS / f"{place}.sql").is_file()
    }


@cache
def _open_places(name: str) -> frozenset[str]:
    return frozenset(place for _, place, _, _ in Formatter().parse(_read(name)) if place)


def _escape_percent(part: sql.Composable) -> sql.Composable:
    if isinstance(part, sql.Composed):
        return sql.Composed([_escape_percent(piece) for piece in part])
    if isinstance(part, sql.Identifier):
        return sql.SQL(part.as_string().replace("%", "%%"))
    return part


def _read(name: str) -> LiteralString:
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
