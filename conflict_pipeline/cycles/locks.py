"""Advisory locks between the sessions of the pipeline. They fall with the connection that holds them.

The *gate* lies between a plan and the chunks at work: a plan holds it alone, each transaction that writes
for a chunk shares it; so no chunk of an older cycle can write once a newer plan has been made. The *start
lock* makes two jobs that start at the same time share one cycle. A chunk's own lock is in ledger.claimed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from conflict_pipeline.postgres.session import Session


@contextmanager
def chunk_transaction(session: Session) -> Iterator[None]:
    """A transaction that writes for a chunk: a new plan waits for its end, and it waits for a plan's end."""
    with session.transaction():
        session.execute("cycles/lock_gate_shared", _gate(session))
        yield


@contextmanager
def start_lock(session: Session) -> Iterator[None]:
    """Held from the look for an open cycle to the end of its plan, so that two jobs share one cycle."""
    name = {"name": f"conflict_pipeline start {session.schema_names['conflict']}"}
    with session.transaction():
        # Another job may be taking its snapshot: that is worth waiting for.
        session.conn.execute(
            "SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true)"
        )
        session.execute("cycles/lock_start", name)
    try:
        yield
    finally:
        if not (session.conn.closed or session.conn.broken):
            session.execute("cycles/unlock_start", name)


def wait_for_gate(session: Session) -> None:
    """Hold the gate alone until the end of the transaction."""
    # Chunks at work may take longer than a lock is usually waited for.
    session.conn.execute("SELECT set_config('lock_timeout', current_setting('statement_timeout'), true)")
    session.execute("cycles/lock_gate", _gate(session))


def _gate(session: Session) -> dict[str, str]:
    return {"gate": f"conflict_pipeline gate {session.schema_names['conflict']}"}
