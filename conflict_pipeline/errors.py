"""Errors as messages to an operator: what is wrong, where, and what to do. Never a data value.

Postgres puts values into its messages ("invalid input syntax for type numeric: ...") and whole rows into
DETAIL. A message of the server is therefore passed on only for error classes that name objects and
connections; for every other error of the server, only its class and the names of table, column and
constraint are. An unexpected error of any other origin is reduced to its class and place.
"""

import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

_PACKAGE = Path(__file__).parent

# SQLSTATE classes whose primary message names objects, roles, locks or servers, and no row's content.
_MESSAGE_HOLDS_NO_DATA = {"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"}

_IN_FUNCTION = re.compile(
    r'^PL/pgSQL function (?P<name>(\w+\.)?\w+)\([^"\n]*\) line (?P<line>\d+) at [\w ]+$', re.MULTILINE
)
# The function of the server that refuses a statement because a policy would hide rows from it.
_REFUSES_POLICIES = "check_enable_rls"
WITHOUT_POLICIES = (
    "The pipeline needs every row. Disable row-level security of the table, or give the user BYPASSRLS."
)

# Errors that a retry may avoid: the connection broke, the server restarted, or another session interfered.
_TRANSIENT_CLASSES = {"08", "40"}
_TRANSIENT_STATES = {"55P03", "57P01", "57P02", "57P03", "53300"}


class PipelineError(Exception):
    """An error that the operator can fix; its one-line message says what is wrong, where, and what to do."""


class UndoneChunksError(PipelineError):
    """A cycle cannot be closed; `runs` are the failed or dead runs of its chunks, by partition key."""

    def __init__(self, message: str, runs: Mapping[str, str]) -> None:
        super().__init__(message)
        self.runs = runs


class ChunkBusyError(PipelineError):
    """Another session holds the chunk."""


class UnreachableError(PipelineError):
    """The server does not answer at the moment."""


def is_transient(error: psycopg.Error | UnreachableError) -> bool:
    """Return whether the same work may succeed on a retry."""
    if isinstance(error, UnreachableError):
        return True
    state = error.sqlstate
    if state is None:
        # Without a SQLSTATE the error comes from the client: only a broken connection is worth a retry.
        return isinstance(error, psycopg.OperationalError)
    return state in _TRANSIENT_STATES or state[:2] in _TRANSIENT_CLASSES


def name_some(names: Sequence[str], most: int = 5) -> str:
    """Return the names in one phrase, at most `most` of them and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def describe(error: Exception) -> str:
    """Return one line about the error without any data value: safe for logs, events and the ledger."""
    if isinstance(error, PipelineError):
        return str(error)
    if not isinstance(error, psycopg.Error):
        return f"{type(error).__name__}{_place(error)}, a bug in conflict_pipeline; please report it"
    name = type(error).__name__
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.OperationalError):
            return f"{name}: the connection to Postgres was lost or could not be used"
        return f"{name}: a bug in a statement of conflict_pipeline; please report it"
    diag = error.diag
    places = [
        f"{kind} {value}"
        for kind, value in (
            ("table", diag.table_name),
            ("column", diag.column_name),
            ("constraint", diag.constraint_name),
        )
        if value
    ]
    where = f" ({', '.join(places)})" if places else ""
    if state[:2] in _MESSAGE_HOLDS_NO_DATA and diag.message_primary:
        todo = f". {WITHOUT_POLICIES}" if diag.source_function == _REFUSES_POLICIES else ""
        return f"{name} [{state}]: {diag.message_primary}{where}{todo}"
    found = ", ".join([*getattr(error, "__notes__", ()), *_functions(diag.context or "")])
    place = f" ({found})" if found else ""
    return f"{name} [{state}]{where}; the message is kept in the server's log because it may hold data{place}"


def _functions(context: str) -> list[str]:
    """Return the functions of the database in which the error occurred, each with its line, innermost first.

    Other lines of CONTEXT may hold data: a row of a COPY, or the text of a statement.
    """
    if re.search("^COPY ", context, re.MULTILINE):
        return []
    return [f"function {found['name']} line {found['line']}" for found in _IN_FUNCTION.finditer(context)]


def _place(error: Exception) -> str:
    """Return the innermost line of this package in the traceback, outside this module."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in frames if _PACKAGE in path.parents and path != Path(__file__)]
    return f" in {ours[-1][0].relative_to(_PACKAGE)}:{ours[-1][1]}" if ours else ""
