"""What the steps need of the database: change tracking and privileges."""

from collections.abc import Iterable

from conflict_pipeline.postgres import roles, schema, tables
from conflict_pipeline.postgres.session import Session

# Visits and the tables that they are enriched from, each with the column by which it is found.
KEYS_OF_INPUTS = {
    tables.VISITS: "Visit Id",
    "dimcaregiver": "Caregiver Id",
    "dimprovider": "Provider Id",
    "dimoffice": "Office Id",
    "dimpatient": "Patient Id",
    "dimpatientaddress": "Patient Id",
    "dimpayer": "Payer Id",
    "dimcontract": "Contract Id",
    "dimservicecode": "Service Code Id",
    "dimuser": "User Id",
}
TRACKED_KEYS = {**KEYS_OF_INPUTS, "conflictvisitmaps": "ID", "conflicts": "CONFLICTID"}
# The privileges that steps need beyond SELECT.
WRITES = {
    "conflictvisitmaps": frozenset({"UPDATE"}),
    "conflictvisitmaps_temp": frozenset({"INSERT", "DELETE"}),
    "payer_provider_reminders": frozenset({"INSERT", "UPDATE"}),
    "conflict_snapshot": frozenset({"INSERT", "UPDATE"}),
}


def apply_schema(session: Session, *, loads: bool) -> list[str]:
    """Create what the database lacks and grant what the roles lack; return what was done, a line each.

    `loads`: the pipeline fills the analytics tables too.
    """
    return schema.apply(session, TRACKED_KEYS) + roles.grant(session, WRITES, loads=loads)


def missing_privileges(session: Session, *, loads: bool = False) -> list[str]:
    """Return what the connected user may not do and the pipeline must; see roles.missing."""
    return roles.missing(session, WRITES, loads=loads)


def surplus_privileges(session: Session, *, loads: bool, own_schemas: Iterable[str]) -> list[str]:
    """Return what the connected user may do and the pipeline need not; see roles.surplus."""
    return roles.surplus(session, WRITES, loads=loads, own_schemas=own_schemas)
