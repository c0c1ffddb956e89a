"""The words of the domain: windows, cycles, chunks, plans and counts. No I/O."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, Self

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
Mode = Literal["full", "incremental"]
# An incremental cycle or snapshot compares with at most this age; noted keys are kept a day longer.
MAX_BASELINE_DAYS = 30


@dataclass(frozen=True)
class Window:
    """Visit dates from `window_start` to `window_end`, both inclusive."""

    window_start: date
    window_end: date

    def __str__(self) -> str:
        return f"{self.window_start} to {self.window_end}"


@dataclass(frozen=True)
class Counts:
    """What a step has done in one chunk or one cycle.

    Each step declares a subclass. Its fields are numbers, or numbers by name; the ledger keeps them as JSON,
    and everything that shows counts takes the names of the fields.
    """

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Ignores fields that this version does not have; raises TypeError where one is missing."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})


@dataclass(frozen=True)
class Plan:
    """A cycle whose chunks have just been planned."""

    cycle_id: int
    cycle_key: str
    superseded: str | None
    mode: Mode
    mode_reason: str
    window: Window
    partition_keys: list[str]
    rows: int
    keys: int
    largest_chunk: int
    oversized_chunks: list[str]
    seconds: float


@dataclass(frozen=True)
class Cycle:
    """A cycle as the ledger has it, and what its chunks add up to.

    `state` is preparing (before its plan), open, completed or superseded. `counts` are by step and count.
    `seconds` and `age_seconds` are measured from `opened_at`.
    """

    cycle_id: int
    cycle_key: str
    state: str
    mode: Mode
    mode_reason: str
    window_start: date
    window_end: date
    time_zone: str
    settings: dict[str, Any]
    prepared_by: str
    opened_at: datetime
    planned_at: datetime | None
    closed_at: datetime | None
    age_seconds: float
    seconds: float
    chunks: int
    pending: int
    running: int
    stuck: int
    completed: int
    failed: int
    skipped: int
    planned: int
    planned_of_completed: int
    repeated_attempts: int
    last_finished_at: datetime | None
    rows_per_second: float | None
    counts: dict[str, dict[str, Any]]
    newest_cycle_key: str | None

    @property
    def window(self) -> Window:
        return Window(self.window_start, self.window_end)

    @property
    def is_superseded(self) -> bool:
        """Whether this cycle has been cancelled, or a newer one has been planned."""
        return self.state == "superseded" or (self.newest_cycle_key or "") > self.cycle_key


@dataclass(frozen=True)
class Chunk:
    """A chunk of the ledger. Its boundaries are SSNs, so they stay in the database."""

    chunk_id: int
    cycle_id: int
    partition_key: str
    planned: int
    state: str
    attempts: int
    cycle_key: str
    window_start: date
    window_end: date
    time_zone: str
    mode: Mode
    cycle_state: str
    newest_cycle_key: str

    @property
    def skip_reason(self) -> str | None:
        """Why the chunk must not be processed any more: a newer plan or a cancelled cycle; else None."""
        if self.newest_cycle_key != self.cycle_key:
            return f"superseded by cycle {self.newest_cycle_key}"
        return "its cycle was cancelled" if self.cycle_state == "superseded" else None
