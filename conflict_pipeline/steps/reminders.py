"""Reminders: one row for each payer and provider that work together (docs/rules.md, "reminders")."""

from dataclasses import dataclass

from psycopg import sql

from conflict_pipeline.model import Counts, Cycle
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.adopted_columns import naming_narrow_columns, require_not_generated
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import CycleStep, When

_TABLE = "payer_provider_reminders"
_WRITTEN = (
    *("PayerID", "AppPayerID", "Contract", "ProviderID", "AppProviderID", "ProviderName"),
    *("CreatedDateTime", "NumberOfDays"),
)


@dataclass(frozen=True)
class ReminderCounts(Counts):
    """Rows of payer_provider_reminders that were inserted, and those whose names were refreshed."""

    inserted: int
    refreshed: int


def update_reminders(session: Session, _: Cycle) -> ReminderCounts:
    """Insert the missing reminders and refresh payer and provider names; equal rows are not written."""
    parts = name_types(session)
    with naming_narrow_columns(session, _TABLE):
        return ReminderCounts(
            inserted=session.execute("steps/reminders/insert_reminders", None, **parts).rowcount,
            refreshed=session.execute("steps/reminders/refresh_reminders", None, **parts).rowcount,
        )


def name_types(session: Session) -> dict[str, sql.SQL]:
    """Return the types of the columns of names, which cut a name where a plain assignment would fail."""
    types = schema.column_types(session, tables.get_table(_TABLE))
    return {"contract_type": sql.SQL(types["Contract"]), "provider_name_type": sql.SQL(types["ProviderName"])}


def require_written_columns(session: Session) -> None:
    """Raise PipelineError where the table computes a column that the step fills."""
    require_not_generated(session, _TABLE, _WRITTEN)


STEP = CycleStep(
    name="reminders",
    when=When.BEFORE_PLAN,
    table=_TABLE,
    group="application",
    description="One row for each payer and provider that work together. The application sets the days.",
    counts=ReminderCounts,
    run=update_reminders,
    require=require_written_columns,
    reads={"dimpayer": "Payer Id", "dimprovider": "Provider Id", "dimpayerprovider": None},
    writes={"payer_provider_reminders": frozenset({"INSERT", "UPDATE"})},
)
