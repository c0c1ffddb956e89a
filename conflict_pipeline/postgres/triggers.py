"""Triggers that note keys of deleted rows, and keys that an update has replaced, in conflict_deleted_key."""

from collections.abc import Mapping
from itertools import product

from psycopg import sql

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

_STATEMENTS = {
    "conflict_note_deleted_key": "schema/create_note_deleted_key_trigger",
    "conflict_note_changed_key": "schema/create_note_changed_key_trigger",
}


def create_triggers(session: Session, tracked: Mapping[str, str]) -> list[str]:
    """Create the triggers that tables lack and return what was done, a line each.

    `tracked` maps tables to their key columns. A trigger that exists, also a disabled one, is left as it is,
    because creating one waits for every writer of the table.
    """
    values = {"names": list(_STATEMENTS), **session.schema_values}
    existing = {
        (row["table_name"], row["trigger_name"]) for row in session.rows("schema/select_triggers", values)
    }
    done = []
    for (name, key), trigger in product(tracked.items(), _STATEMENTS):
        if (name, trigger) in existing:
            continue
        table = tables.get_table(name)
        session.execute(
            _STATEMENTS[trigger],
            table=sql.Identifier(session.schema_names[table.schema], table.name),
            column=sql.Identifier(key),
            key=sql.Literal(key),
        )
        done.append(f"created trigger {trigger} on {table.schema}.{table.name}")
    return done
