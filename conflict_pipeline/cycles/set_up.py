"""What the steps need of the database, derived from their declarations: change tracking and privileges."""

from collections.abc import Iterable

from conflict_pipeline import steps
from conflict_pipeline.postgres import roles, schema
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.step import tracked_keys, written_tables


def apply_schema(session: Session, *, loads: bool) -> list[str]:
    """Create what the database lacks and grant what the roles lack; return what was done, a line each.

    `loads`: the pipeline fills the analytics tables too.
    """
    done = schema.apply(session, tracked_keys(steps.STEPS))
    return done + roles.grant(session, written_tables(steps.STEPS), loads=loads)


def missing_privileges(session: Session, *, loads: bool = False) -> list[str]:
    """Return what the connected user may not do and the pipeline must; see roles.missing."""
    return roles.missing(session, written_tables(steps.STEPS), loads=loads)


def surplus_privileges(session: Session, *, loads: bool, own_schemas: Iterable[str]) -> list[str]:
    """Return what the connected user may do and the pipeline need not; see roles.surplus."""
    return roles.surplus(session, written_tables(steps.STEPS), loads=loads, own_schemas=own_schemas)
