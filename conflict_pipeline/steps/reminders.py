"""Reminders: one row for each payer and provider that work together (docs/rules.md, "reminders")."""

from dataclasses import dataclass

from conflict_pipeline.model import Counts, Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import CycleStep, When


@dataclass(frozen=True)
class ReminderCounts(Counts):
    """Rows of payer_provider_reminders that were inserted, and those whose names were refreshed."""

    inserted: int
    refreshed: int


def update_reminders(session: Session, _: Cycle) -> ReminderCounts:
    """Insert the missing reminders and refresh payer and provider names; equal rows are not written."""
    return ReminderCounts(
        inserted=session.execute("steps/reminders/insert_reminders").rowcount,
        refreshed=session.execute("steps/reminders/refresh_reminders").rowcount,
    )


STEP = CycleStep(
    name="reminders",
    when=When.BEFORE_PLAN,
    table="payer_provider_reminders",
    group="application",
    description="One row for each payer and provider that work together. The application sets the days.",
    counts=ReminderCounts,
    run=update_reminders,
    reads={"dimpayer": "Payer Id", "dimprovider": "Provider Id", "dimpayerprovider": None},
    writes={"payer_provider_reminders": frozenset({"INSERT", "UPDATE"})},
)
