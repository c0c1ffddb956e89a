"""A whole cycle from one process: its chunks in parallel, and its end."""

import queue
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.task_02 import ChunkResult, Lend, process_chunk

BUSY_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class ChunkFailure:
    """A chunk that could not be done, and why."""

    partition_key: str
    message: str


@dataclass(frozen=True)
class Notice:
    """Something worth a line in the log while chunks are at work."""

    message: str


def process_chunks(
    lend: Lend, keys: Sequence[str], run_id: str, *, workers: int, retry_delay: float
) -> Iterator[ChunkResult | ChunkFailure | Notice]:
    """Process the chunks with `workers` threads; yields each outcome as it comes, notices in between.

    A failed chunk does not stop the others. A chunk that another session holds is looked at again until that
    session is done with it. If the caller stops early, chunks at work are finished and no more are taken.
    """
    waiting = deque(keys)
    outcomes: queue.SimpleQueue[ChunkResult | ChunkFailure | Notice | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                try:
                    key = waiting.popleft()
                except IndexError:
                    return
                _work_on(key)
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
            outcomes.put(error)
        finally:
            outcomes.put(None)

    def _work_on(key: str) -> None:
        try:
            outcomes.put(
                process_chunk(
                    lend, key, run_id, retry_delay=retry_delay, on_retry=lambda text: outcomes.put(Notice(text))
                )
            )
        except ChunkBusyError:
            waiting.append(key)
            if not stop.is_set():
                time.sleep(BUSY_POLL_SECONDS)
        except PipelineError as error:
            outcomes.put(ChunkFailure(key, str(error)))

    threads = [
        threading.Thread(target=work, name=f"chunk-{number}") for number in range(min(workers, len(waiting)))
    ]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            outcome = outcomes.get()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                yield outcome
    finally:
        stop.set()
        for thread in threads:
            thread.join()
