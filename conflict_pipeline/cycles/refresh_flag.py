"""settings."InProgressFlag", by which the application knows whether a refresh is running."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum

import psycopg

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session


class RefreshFlag(IntEnum):
    """The values of the flag; the numbers are the application's."""

    REFRESHING = 1
    ENDED = 2


@contextmanager
def refreshing(session: Session) -> Iterator[None]:
    """Set the flag to REFRESHING, and to ENDED if the work fails; after a success the cycle continues.

    Outside a transaction other sessions see each change immediately.
    """
    set_flag(session, RefreshFlag.REFRESHING)
    with ended_on_failure(session):
        yield


@contextmanager
def ended_on_failure(session: Session) -> Iterator[None]:
    """Set the flag to ENDED if the work fails, over a new connection where the session's is lost.

    If the server cannot be reached, the flag stays until the step is retried or another run ends.
    """
    try:
        yield
    except BaseException:
        # Suppressed, because the work's own error says what is wrong.
        with suppress(psycopg.Error, PipelineError):
            session.reconnect_if_lost()
            set_flag(session, RefreshFlag.ENDED)
        raise


def set_flag(session: Session, flag: RefreshFlag) -> None:
    session.execute("cycles/update_refresh_flag", {"flag": int(flag)})
