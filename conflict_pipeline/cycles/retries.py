"""The retry policy of chunks and plans: transient errors only, twice, and each wait twice as long."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from conflict_pipeline.errors import UnreachableError, describe, is_transient

MAX_RETRIES = 2
T = TypeVar("T")


def retry_transient(
    attempt: Callable[[], T], *, delay: float, before_wait: Callable[[str, float], None]
) -> T:
    """Return the result of the first attempt that succeeds; raises the error of the last one.

    After a transient error, `before_wait` gets its description and the seconds to the next attempt, `delay`
    at first. Other errors are raised immediately.
    """
    for number in range(MAX_RETRIES):
        try:
            return attempt()
        except (psycopg.Error, UnreachableError) as error:
            if not is_transient(error):
                raise
            seconds = delay * 2**number
            before_wait(describe(error), seconds)
        time.sleep(seconds)
    return attempt()
