"""The one loader of sql/: a statement is named by its path below that folder, without the ending."""

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


@cache
def comment(name: str) -> str:
    """What the comment on top of the statement says of its result, without what it takes."""
    lines = []
    for line in _read(name).splitlines():
        if not line.startswith("-- ") or line.startswith(("-- Values:", "-- Identifiers:")):
            break
        lines.append(line.removeprefix("-- ").strip())
    return " ".join(lines)


def _read(name: str) -> LiteralString:
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
