"""Advisory locks between the sessions of the pipeline. They fall with the connection that holds them.

The *gate* separates plans from running work: a plan holds it alone, and each transaction that writes for a
chunk or for a step after the chunks shares it, so no work of an older cycle can be committed once a newer
plan is made. It is an advisory lock because its queue is fair. The *preparation lock* lets two jobs that
start at the same time share one cycle. A chunk's own lock is in ledger.claimed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from conflict_pipeline.postgres.session import Session


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
    """Hold the lock under which a cycle is looked up or prepared, and its cycle steps and its plan run."""
    name = _preparation(session)
    with session.transaction():
        # Another job may be taking its snapshot, which is worth waiting for.
        session.conn.execute(
            "SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true)"
        )
        session.conn.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        # A closed or lost connection has released the lock already.
        if not (session.conn.closed or session.conn.broken):
            session.conn.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def is_preparation_locked(session: Session) -> bool:
    """Whether a session holds the preparation lock."""
    return bool(session.one("cycles/select_is_locked", {"name": _preparation(session)})["is_locked"])


def _preparation(session: Session) -> str:
    return f"conflict_pipeline preparation {session.schema_names['conflict']}"


def _gate(session: Session) -> str:
    return f"conflict_pipeline gate {session.schema_names['conflict']}"
