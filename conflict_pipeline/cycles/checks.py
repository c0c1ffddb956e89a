"""What must hold after a plan and after a cycle: evaluated here, shown and stored by defs/.

A check's statement is `check_<name>.sql`, in sql/cycles for the plan and in the step's folder for a step. An
incremental cycle uses `check_<name>_incremental.sql` where there is one.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import LiteralString

from psycopg import sql

from conflict_pipeline import statements, steps
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import Check, Severity

PLAN_TABLE = "conflict_chunks"
_PLAN_CHECKS = (
    Check("are_disjoint", Severity.ERROR, "No two chunks of the cycle share a key."),
    Check(
        "cover_every_row",
        Severity.ERROR,
        "Every row that the cycle has to look at is in the range of a chunk.",
    ),
)
# An incremental cycle is judged by the rows that it looks at.
_IN_CHANGED_ROWS: LiteralString = (
    'cvm."ID" IN (SELECT row_id FROM {conflict}.conflict_changed_row WHERE cycle_id = %(cycle_id)s)'
)


@dataclass(frozen=True)
class TableCheck:
    """A check of a table; `folder` is where its statement is."""

    table: str
    folder: str
    check: Check

    @property
    def name(self) -> str:
        """The name of the asset check: the table and the claim."""
        return f"{self.table}_{self.check.name}"


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found for a cycle: its numbers, and whether those that must be 0 are."""

    table_check: TableCheck
    cycle_key: str
    numbers: dict[str, int]

    @property
    def passed(self) -> bool:
        return all(self.numbers[name] == 0 for name in self.table_check.check.failing)

    @property
    def fails_the_cycle(self) -> bool:
        return not self.passed and self.table_check.check.severity is Severity.ERROR


def plan_checks() -> list[TableCheck]:
    return [TableCheck(PLAN_TABLE, "cycles", check) for check in _PLAN_CHECKS]


def step_checks() -> list[TableCheck]:
    """Return the checks of all steps, which are evaluated when a cycle is finished."""
    return [
        TableCheck(step.table, f"steps/{step.name}", check) for step in steps.STEPS for check in step.checks
    ]


def evaluate(session: Session, cycle: Cycle, table_check: TableCheck) -> CheckOutcome:
    """Evaluate one check for the cycle."""
    condition = "TRUE" if cycle.mode == "full" else _IN_CHANGED_ROWS
    is_looked_at = sql.SQL(condition).format(**session.schemas)
    with session.transaction():
        session.use_time_zone(cycle.time_zone)
        numbers = session.one(_statement(table_check, cycle), asdict(cycle), is_looked_at=is_looked_at)
    return CheckOutcome(table_check, cycle.cycle_key, numbers)


def evaluate_all(session: Session, cycle: Cycle, checks: list[TableCheck]) -> Iterator[CheckOutcome]:
    return (evaluate(session, cycle, check) for check in checks)


def _statement(table_check: TableCheck, cycle: Cycle) -> str:
    name = f"{table_check.folder}/check_{table_check.check.name}"
    special = f"{name}_incremental"
    is_special = cycle.mode == "incremental" and (statements.SQL_FOLDER / f"{special}.sql").is_file()
    return special if is_special else name
