"""What a cycle is planned with: copies of the small tables that concern every row.

The application may change settings, speed bands and exclusions at any time. A plan copies them into the
ledger, and the chunks of its cycle read the copies (`{planned_mph}` and so on, sql/fragments/), so all rows
of a cycle follow the same rules, and the next plan compares with what was used.
"""

from psycopg import sql

from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import chunk_steps


def input_tables() -> list[str]:
    """Return the tables of the application that chunk steps read as a whole."""
    return [
        name
        for step in chunk_steps()
        for name, key in step.reads.items()
        if key is None and tables.get_table(name).schema == "conflict"
    ]


def record_inputs(session: Session, cycle_id: int) -> None:
    """Copy the tables for a cycle, in the transaction of its plan; the copies of older cycles go."""
    session.execute("cycles/delete_inputs", {"cycle_id": cycle_id})
    rows = [
        session.statement(
            "cycles/select_input_rows", table=sql.Identifier(name), table_name=sql.Literal(name)
        )
        for name in dict.fromkeys(input_tables())
    ]
    if rows:
        session.execute(
            "cycles/insert_inputs", {"cycle_id": cycle_id}, input_rows=sql.SQL("\nUNION ALL\n").join(rows)
        )
