"""Advisory locks between the sessions of the pipeline. They fall with the connection that holds them.

The *gate* separates plans from running work: a plan holds it alone, and each transaction that writes for a
chunk or for a step after the chunks shares it, so no work of an older cycle can be committed once a newer
plan is made. It is an advisory lock because its queue is fair. The *preparation lock* lets two jobs that
start at the same time share one cycle. A chunk's own lock is in ledger.claimed.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session

_log = logging.getLogger(__name__)
# In seconds. Another job may be taking its snapshot, which is worth waiting for.
WAIT_NOTICE_INTERVAL = 30.0
MAX_WAIT = 3600.0


@contextmanager
def work_transaction(session: Session) -> Iterator[None]:
    """Open a transaction that writes for an open cycle; it and a plan wait for each other."""
    with session.transaction():
        session.conn.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [_gate(session)])
        yield


def close_gate(session: Session) -> None:
    """Hold the gate alone until the end of the transaction."""
    # Running chunks may take longer than the lock timeout.
    session.conn.execute("SELECT set_config('lock_timeout', current_setting('statement_timeout'), true)")
    session.conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_gate(session)])


@contextmanager
def preparation_lock(session: Session) -> Iterator[None]:
    """Hold the lock under which a cycle is looked up or prepared, and its cycle steps and its plan run.

    Waits while another session holds it, logs that session each WAIT_NOTICE_INTERVAL, and raises
    PipelineError after MAX_WAIT.
    """
    name = _preparation(session)
    deadline = time.monotonic() + MAX_WAIT
    while not _try_lock(session, name):
        holder = _holder(session, name)
        if time.monotonic() >= deadline:
            raise PipelineError(
                f"Gave up after {MAX_WAIT / 60:g} minutes: {holder} is preparing or planning a cycle. "
                "Look at it in pg_stat_activity; end it with pg_terminate_backend, or run this job later."
            )
        _log.warning("Waiting for %s, which is preparing or planning a cycle.", holder)
    try:
        yield
    finally:
        # A closed or lost connection has released the lock already.
        if not (session.conn.closed or session.conn.broken):
            session.conn.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def is_preparation_locked(session: Session) -> bool:
    """Whether a session holds the preparation lock."""
    return session.row("cycles/select_lock_holder", {"name": _preparation(session)}) is not None


def _try_lock(session: Session, name: str) -> bool:
    """Wait at most WAIT_NOTICE_INTERVAL for the lock; return whether the session holds it now."""
    timeout = f"{WAIT_NOTICE_INTERVAL * 1000:.0f}ms"
    try:
        with session.transaction():
            session.conn.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', '0', true)",
                [timeout],
            )
            session.conn.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _holder(session: Session, name: str) -> str:
    holder = session.row("cycles/select_lock_holder", {"name": name})
    if holder is None:
        return "a session that has just ended"
    return f"session {holder['application_name']!r} (process {holder['pid']})"


def _preparation(session: Session) -> str:
    return f"conflict_pipeline preparation {session.schema_names['conflict']}"


def _gate(session: Session) -> str:
    return f"conflict_pipeline gate {session.schema_names['conflict']}"
