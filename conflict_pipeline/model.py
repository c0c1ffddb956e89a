"""Cycles and chunks as the ledger has them (ledger.py)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

# The rule columns of conflictvisitmaps in the order of the rules, and when each holds.
RULE_COLUMNS = {
    "SameSchTimeFlag": "scheduled times equal",
    "SameVisitTimeFlag": "actual times equal",
    "SchAndVisitTimeSameFlag": "scheduled equals actual",
    "SchOverAnotherSchTimeFlag": "scheduled times overlap",
    "VisitTimeOverAnotherVisitTimeFlag": "actual times overlap",
    "SchTimeOverVisitTimeFlag": "scheduled overlaps actual",
    "DistanceFlag": "too far to travel",
}
# A row of which one of these is set is under in-service or PTO, and is not updated.
GUARD_COLUMNS = (
    "InserviceStartDate",
    "InserviceEndDate",
    "PTOStartDate",
    "PTOEndDate",
    "ConInserviceStartDate",
    "ConInserviceEndDate",
    "ConPTOStartDate",
    "ConPTOEndDate",
)
# Of the chunks of a cycle, which may be thousands.
MOST_LINKED_RUNS = 20


@dataclass(frozen=True)
class Window:
    """Visit dates from `window_start` to `window_end`, both inclusive."""

    window_start: date
    window_end: date

    def __str__(self) -> str:
        return f"{self.window_start} to {self.window_end}"


@dataclass(frozen=True)
class Plan:
    """A cycle that has just been opened."""

    cycle_id: int
    cycle_key: str
    superseded: str | None
    scope: str
    scope_reason: str
    window: Window
    partition_keys: list[str]
    rows: int
    keys: int
    largest_chunk: int
    oversized_chunks: list[str]
    seconds: float

    @property
    def scope_text(self) -> str:
        return f"{self.scope}: {self.scope_reason}"


@dataclass(frozen=True)
class Cycle:
    """The newest cycle and what its chunks add up to; `seconds` since its plan."""

    cycle_id: int
    cycle_key: str
    state: str
    window_start: date
    window_end: date
    settings: dict[str, Any]
    upstream_finished_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    age_seconds: float
    seconds: float
    chunks: int
    pending: int
    locked: int
    stuck: int
    completed: int
    failed: int
    skipped: int
    planned: int
    planned_of_completed: int
    marked: int
    redetected: int
    not_redetected: int
    guarded: int
    bad_gps: int
    written: int
    first_started_at: datetime | None
    last_finished_at: datetime | None
    scope: str
    scope_reason: str

    @property
    def rows_per_second(self) -> float | None:
        """Of the completed chunks, from the first one's start to the last one's end; None before any."""
        if self.first_started_at is None or self.last_finished_at is None:
            return None
        seconds = (self.last_finished_at - self.first_started_at).total_seconds()
        return self.planned_of_completed / seconds if seconds > 0 and self.planned_of_completed else None


@dataclass(frozen=True)
class Chunk:
    """One chunk as the ledger has it, held by this session."""

    chunk_id: int
    cycle_id: int
    partition_key: str
    from_date: date
    from_ssn: str
    to_date: date
    to_ssn: str
    planned: int
    state: str
    attempts: int
    cycle_key: str
    window_start: date
    window_end: date
    write_mode: str
    scope: str
    cycle_state: str
    newest_cycle_key: str

    def __repr__(self) -> str:
        return f"Chunk({self.partition_key})"  # the boundaries are SSNs

    @property
    def writes_changes_only(self) -> bool:
        """Whether rows that are as they should be are not written."""
        return self.write_mode == "changed"

    @property
    def why_pointless(self) -> str | None:
        """Why this chunk need not be done any more, if so: a newer plan, or a cancelled cycle."""
        if self.newest_cycle_key != self.cycle_key:
            return f"superseded by cycle {self.newest_cycle_key}"
        return "its cycle was cancelled" if self.cycle_state == "superseded" else None


@dataclass(frozen=True)
class ChunkCounts:
    """Rows of a completed chunk. `written`: row versions that it wrote, a row that is marked and then updated
    twice. `bad_gps` counts texts of its visits; two chunks may name one visit."""

    marked: int
    redetected: int
    not_redetected: int
    guarded: int
    bad_gps: int
    written: int
    redetected_by_rule: dict[str, int]
