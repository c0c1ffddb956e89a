"""The numbers of one candidate."""

from dataclasses import dataclass

from conflict_pipeline.devtools.bench.outcome import Outcome


@dataclass(frozen=True)
class Usage:
    """The resources that a piece of work took.

    `client_cpu_seconds` is the processor time of this process and its children, the number that a busy
    machine changes least. `wal_bytes` is that of the whole server, which must have no other work.
    `temp_bytes` counts temporary files, but not temporary tables. `client_bytes` is the peak resident memory
    of the working process, `server_bytes` the largest private memory of a server process that sampling found;
    shared buffers are not counted, because all server processes share them. Memory is None where it cannot be
    read.
    """

    seconds: float
    client_cpu_seconds: float
    wal_bytes: int
    temp_bytes: int
    client_bytes: int | None
    server_bytes: int | None


@dataclass(frozen=True)
class Measurement:
    """One candidate.

    `rows` are those that it looks at: the eligible rows of the window, or in incremental mode fewer.
    `written` counts the row versions that its chunks wrote. `step_seconds` is the time of the steps before
    the plan. `cycle_seconds` and `cycle_cpu_seconds` are those of a whole cycle without Dagster: start,
    chunks, end. `dagster_cpu_seconds` is what the same cycle took more as a job, including the start of its
    process; `dagster_cpu_seconds_per_chunk` is without that start.
    """

    name: str
    usage: Usage
    rows: int
    outcome: Outcome | None = None
    chunks: int | None = None
    written: int | None = None
    step_seconds: float | None = None
    plan_seconds: float | None = None
    cycle_seconds: float | None = None
    cycle_cpu_seconds: float | None = None
    dagster_cpu_seconds: float | None = None
    dagster_cpu_seconds_per_chunk: float | None = None

    @property
    def rows_per_second(self) -> float | None:
        """The rate, or None if there was no row to look at."""
        return self.rows / self.usage.seconds if self.rows else None

    @property
    def is_update(self) -> bool:
        """Whether it can be compared with the limit: it looked at rows, or is a cycle that found none."""
        return self.rows > 0 or self.chunks is not None
