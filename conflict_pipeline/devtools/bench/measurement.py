"""What is measured of a candidate."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Usage:
    """What a piece of work took.

    `client_cpu_seconds`: processor time of the process that asks for the work, which a busy machine changes
    least. `wal_bytes` of the whole server: nothing else should be at work on it. `temp_bytes` of temporary
    files; temporary tables are none. `client_bytes`: peak resident memory of the process that asks.
    `server_bytes`: the largest private memory of a server process that a look every 50 ms found. Shared
    buffers are not counted: a process that has touched them all shares them with the others. Memory is None
    where it cannot be known.
    """

    seconds: float
    client_cpu_seconds: float
    wal_bytes: int
    temp_bytes: int
    client_bytes: int | None
    server_bytes: int | None

    def times(self, factor: float) -> "Usage":
        """What so much more of the same work takes: not more memory."""
        return replace(
            self,
            seconds=self.seconds * factor,
            client_cpu_seconds=self.client_cpu_seconds * factor,
            wal_bytes=round(self.wal_bytes * factor),
            temp_bytes=round(self.temp_bytes * factor),
        )


@dataclass(frozen=True)
class Outcome:
    """Checksums of conflictvisitmaps, without UpdatedDate; the second one without UpdateFlag as well."""

    rows: int
    checksum: str
    checksum_without_marks: str


@dataclass(frozen=True)
class Measurement:
    """One candidate. `rows`: those that it looks at, which are the eligible rows of the window, unless a
    cycle looks only at what has changed. `written`: row versions that its chunks wrote.

    `extrapolated_from`: so many of its chunks were measured, and its usage is that of all.
    `cycle_seconds`, `cycle_cpu_seconds`: start, chunks and end of a cycle without Dagster.
    `dagster_cpu_seconds`: what the same cycle took more as a job, with the start of its process; for each
    chunk without that start, unless each chunk is a run and has one of its own.
    """

    name: str
    usage: Usage
    rows: int
    outcome: Outcome | None = None
    chunks: int | None = None
    extrapolated_from: int | None = None
    written: int | None = None
    snapshot_seconds: float | None = None
    plan_seconds: float | None = None
    cycle_seconds: float | None = None
    cycle_cpu_seconds: float | None = None
    dagster_cpu_seconds: float | None = None
    dagster_cpu_seconds_per_chunk: float | None = None

    @property
    def rows_per_second(self) -> float | None:
        """None where there was no row to look at."""
        return self.rows / self.usage.seconds if self.rows else None

    @property
    def is_update(self) -> bool:
        """Whether it can be compared with others: it had rows to look at, or a cycle that found none."""
        return self.rows > 0 or self.chunks is not None
