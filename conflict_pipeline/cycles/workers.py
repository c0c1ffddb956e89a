"""Chunks in parallel: threads that take the waiting chunks one by one."""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conflict_pipeline.cycles.chunk_runner import ChunkResult, process_chunk
from conflict_pipeline.errors import ChunkBusyError, PipelineError
from conflict_pipeline.postgres.session import SessionFactory

BUSY_POLL_INTERVAL = 1.0  # seconds


@dataclass(frozen=True)
class ChunkFailure:
    """A chunk that could not be processed, and why."""

    partition_key: str
    message: str


@dataclass(frozen=True)
class Notice:
    """Something to log while chunks are running."""

    partition_key: str
    message: str


Outcome = ChunkResult | ChunkFailure | Notice


def process_chunks(
    session_factory: SessionFactory, keys: Sequence[str], run_id: str, *, workers: int, retry_delay: float
) -> Iterator[Outcome]:
    """Process the chunks with `workers` threads; yield each outcome as it comes, and notices in between.

    A failed chunk does not stop the others. A chunk that another session holds is tried again until that
    session has finished it. If the caller stops early, running chunks are finished and no more are taken.
    """
    pool = _Workers(session_factory, keys, run_id, retry_delay)
    threads = [
        threading.Thread(target=pool.work, name=f"chunk-{number}")
        for number in range(min(workers, len(keys)))
    ]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            outcome = pool.outcomes.get()
            if outcome is None:
                running -= 1
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                yield outcome
    finally:
        pool.stopping.set()
        for thread in threads:
            thread.join()


class _Workers:
    """What the threads share: the waiting keys, and a queue of outcomes.

    Each thread ends with None in the queue.
    """

    def __init__(
        self, session_factory: SessionFactory, keys: Sequence[str], run_id: str, retry_delay: float
    ) -> None:
        self._session_factory = session_factory
        self._waiting = deque(keys)
        self._run_id = run_id
        self._retry_delay = retry_delay
        self.stopping = threading.Event()
        self.outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()

    def work(self) -> None:
        try:
            while not self.stopping.is_set() and self._waiting:
                try:
                    key = self._waiting.popleft()
                except IndexError:  # another thread was faster
                    break
                self._process(key)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self.outcomes.put(error)
        finally:
            self.outcomes.put(None)

    def _process(self, key: str) -> None:
        try:
            self.outcomes.put(
                process_chunk(
                    self._session_factory,
                    key,
                    self._run_id,
                    retry_delay=self._retry_delay,
                    on_retry=lambda text: self.outcomes.put(Notice(key, text)),
                )
            )
        except ChunkBusyError:
            self._waiting.append(key)
            self.stopping.wait(BUSY_POLL_INTERVAL)
        except PipelineError as error:
            self.outcomes.put(ChunkFailure(key, str(error)))
