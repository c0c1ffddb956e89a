"""Errors as messages to a person: what is wrong, where, what to do. Never a data value.

Postgres puts values into its messages ("invalid input syntax for type numeric: ...") and whole rows into
DETAIL. So a message of the server is passed on only for the classes of errors that speak of names and
connections; of every other error only its class and the names of table, column and constraint are. Of what
nobody has foreseen, wherever it comes from, only class and place.
"""

import traceback
from collections.abc import Mapping
from pathlib import Path

import psycopg

_PACKAGE = Path(__file__).parent

# SQLSTATE classes whose primary message names objects, roles, locks or servers, and no row's content.
_MESSAGE_HOLDS_NO_DATA = {"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"}

# What can pass next time: the connection broke, the server restarted, or another session was in the way.
_TRANSIENT_CLASSES = {"08", "40"}
_TRANSIENT_STATES = {"55P03", "57P01", "57P02", "57P03", "53300"}


class PipelineError(Exception):
    """Something the user can mend; the message says what, where and how, in one line."""


class UndoneChunksError(PipelineError):
    """A cycle cannot be closed; `runs` are those that failed or died, by the chunk's partition key."""

    def __init__(self, message: str, runs: Mapping[str, str]) -> None:
        super().__init__(message)
        self.runs = runs


class ChunkBusyError(PipelineError):
    """Another session is working on the chunk."""


class UnreachableError(PipelineError):
    """The server does not answer now; it may later."""


def is_transient(error: psycopg.Error | UnreachableError) -> bool:
    """Whether the same work may well succeed if it is simply tried again."""
    if isinstance(error, UnreachableError):
        return True
    state = error.sqlstate
    if state is None:
        # Without a SQLSTATE the error is the client's: only a broken connection is worth a second try.
        return isinstance(error, psycopg.OperationalError)
    return state in _TRANSIENT_STATES or state[:2] in _TRANSIENT_CLASSES


def describe(error: Exception) -> str:
    """One line about an error that holds no data value: safe for logs, events and the ledger."""
    if isinstance(error, PipelineError):
        return str(error)
    if not isinstance(error, psycopg.Error):
        return f"{type(error).__name__}{_place(error)}, a fault of conflict_pipeline; please report it"
    name = type(error).__name__
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.OperationalError):
            return f"{name}: the connection to Postgres was lost or could not be used"
        return f"{name}: a statement of conflict_pipeline is wrong; please report it"
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
        return f"{name} [{state}]: {diag.message_primary}{where}"
    return f"{name} [{state}]{where}; the message is kept in the server's log because it may hold data"


def _place(error: Exception) -> str:
    """Where our code was when it happened; this module only carries it over."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in frames if _PACKAGE in path.parents and path != Path(__file__)]
    return f" in {ours[-1][0].relative_to(_PACKAGE)}:{ours[-1][1]}" if ours else ""
