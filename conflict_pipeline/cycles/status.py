"""The status of the newest cycle: what `conflict-pipeline status` prints, as text or as JSON."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg.errors import UndefinedColumn, UndefinedTable

from conflict_pipeline.cycles import ledger, locks
from conflict_pipeline.cycles.summary import in_declared_order
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import STEPS
from conflict_pipeline.steps.step import ChunkStep

MAX_LAST_CYCLES = 10
# Exit codes of `status --exit-code`; 1 and 2 are those of errors and of wrong options.
HEALTHY, NEEDS_ACTION, NO_CYCLE = 0, 3, 4

_UNFINISHED = {"preparing", "open"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Status:
    """The newest cycle, which may still be in preparation, and the last planned ones, newest first.

    `steps` are all steps in the order of the night: step, state, seconds, counts and error. A cycle step
    whose process died is stuck; a chunk step has no state of its own. `cycle` is None before the first cycle.
    """

    cycle: Cycle | None
    steps: list[Row]
    chunks: list[Row]
    last_cycles: list[Row]

    @property
    def is_running(self) -> bool:
        """Whether the cycle has not ended yet."""
        return self.cycle is not None and self.cycle.state in _UNFINISHED

    @property
    def failed_steps(self) -> list[str]:
        """The names of the cycle steps that failed or are stuck."""
        return [row["step"] for row in self.steps if row["state"] in {"failed", "stuck"}]

    @property
    def exit_code(self) -> int:
        """NEEDS_ACTION if a step or chunk failed or is stuck, NO_CYCLE without a cycle that continues."""
        cycle = self.cycle
        if cycle is None or cycle.state == "superseded":
            return NO_CYCLE
        return NEEDS_ACTION if cycle.failed or cycle.stuck or self.failed_steps else HEALTHY


def read_status(session: Session, *, all_chunks: bool) -> Status:
    """Read the status from the ledger; without `all_chunks` completed and skipped chunks are left out.

    Raises PipelineError if the database lacks what the pipeline needs.
    """
    try:
        return _read_status(session, all_chunks=all_chunks)
    except (UndefinedTable, UndefinedColumn):
        # Only now, because it takes ten times as long to check the schema as to read the status.
        schema.require(session)
        raise


def as_json(status: Status) -> Row:
    """Return the status as JSON has it; times are ISO 8601 with the offset of the report time zone."""
    cycle = status.cycle
    found: Row = _plain(
        {
            "cycle": asdict(cycle) if cycle else None,
            "steps": status.steps,
            "chunks": status.chunks,
            "last_cycles": status.last_cycles,
        }
    )
    return found


def _read_status(session: Session, *, all_chunks: bool) -> Status:
    cycle = ledger.preparing_cycle(session) or ledger.newest_cycle(session)
    if cycle is None:
        return Status(None, [], [], [])
    chunks = ledger.chunks(session, cycle.cycle_id)
    if not all_chunks:
        chunks = [chunk for chunk in chunks if chunk["status"] not in {"completed", "skipped"}]
    return Status(cycle, _steps(session, cycle), chunks, ledger.last_cycles(session, MAX_LAST_CYCLES))


def _steps(session: Session, cycle: Cycle) -> list[Row]:
    started = {row["step"]: row for row in _started_steps(session, cycle.cycle_id)}
    not_started = {"state": "pending" if cycle.state in _UNFINISHED else "skipped"}
    found = []
    for step in STEPS:
        row = {"state": None} if isinstance(step, ChunkStep) else started.get(step.name, not_started)
        counts = in_declared_order(step, cycle.counts.get(step.name, {}))
        found.append(
            {
                "step": step.name,
                "state": row["state"],
                "seconds": row.get("seconds"),
                "counts": counts,
                "error": row.get("error"),
            }
        )
    return found


def _started_steps(session: Session, cycle_id: int) -> list[Row]:
    rows = ledger.cycle_steps(session, cycle_id)
    if all(row["state"] != "running" for row in rows) or locks.is_preparation_locked(session):
        return rows
    # Read again, because the step may have ended between the first look and that at its lock.
    rows = ledger.cycle_steps(session, cycle_id)
    return [{**row, "state": "stuck"} if row["state"] == "running" else row for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
