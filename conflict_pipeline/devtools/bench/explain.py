"""The plans of one chunk's statements, as the server made them while it was at work (auto_explain).

The benchmark's data is synthetic, but what is written is fit for any: psycopg binds values on the server, so
a statement's text holds none; but the plan of a statement that is run once has them as constants, SSNs of
the chunk's boundaries among them. So every quoted constant of a plan is blanked, and of a statement's text
only its first line is kept.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from conflict_pipeline.cycles.chunk_runner import process_chunk
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session

_SETTINGS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_wal": "on",
    "auto_explain.log_settings": "on",
    # To the client, which keeps them; in the server's log they would be for good.
    "auto_explain.log_level": "notice",
    "client_min_messages": "notice",
    # Values of parameters, which servers from 16 on would add.
    "auto_explain.log_parameter_max_length": "0",
}
_CONSTANT = re.compile(r"'(?:[^']|'')*'")
_HEAD = re.compile(r"duration: (?P<ms>[\d.]+) ms\s+plan:\s*\n")


def require(server: Postgres) -> None:
    """Raises PipelineError where auto_explain is missing or the user may not load it."""
    with server.session("bench explain") as session:
        _switch_on(session)


def write_plans(clone: Postgres, key: str, file: Path) -> int:
    """Process the chunk with auto_explain and write its plans to the file; returns how many there are."""
    plans: list[str] = []

    @contextmanager
    def lend() -> Iterator[Session]:
        with clone.session("bench explain") as session:
            _switch_on(session)
            session.conn.add_notice_handler(lambda notice: plans.extend(_plan(notice.message_primary)))
            yield session

    process_chunk(lend, key, "bench", retry_delay=0)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(plans), encoding="utf-8")
    return len(plans)


def readable(message: str) -> str | None:
    """A message of auto_explain without a value: seconds, the statement's first line, the plan."""
    head = _HEAD.match(message)
    if head is None:
        return None
    lines = message[head.end() :].splitlines()
    first_node = next((number for number, line in enumerate(lines) if "(cost=" in line), None)
    if first_node is None:
        return None
    title = lines[0].removeprefix("Query Text: ")
    if not title.startswith("--"):
        title = _CONSTANT.sub("'…'", title)
    plan = _CONSTANT.sub("'…'", "\n".join(lines[first_node:]))
    return f"{float(head['ms']) / 1000:.3f} s  {title}\n{plan}\n"


def _plan(message: str | None) -> list[str]:
    plan = readable(message or "")
    return [plan] if plan else []


def _switch_on(session: Session) -> None:
    try:
        session.conn.execute("LOAD 'auto_explain'")
    except psycopg.Error:
        raise PipelineError(
            "--explain needs auto_explain: a server that has it (the embedded one has not), and a user who "
            "may load it."
        ) from None
    known = sql.SQL("SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s")
    for name, value in _SETTINGS.items():
        session.conn.execute(known, [value, name])
