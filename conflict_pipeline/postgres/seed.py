"""Default rows of the tables without which no cycle runs: `conflict-pipeline schema apply --seed`."""

from psycopg import sql

from conflict_pipeline.postgres.session import Session

_STATEMENTS = {
    "settings": "schema/insert_default_settings",
    "mph": "schema/insert_default_speed_bands",
}


def insert_defaults(session: Session) -> list[str]:
    """Fill `settings` and `mph` where they are empty and return what was done, a line each."""
    done = []
    for name, statement in _STATEMENTS.items():
        table = sql.Identifier(session.schema_names["conflict"], name)
        with session.transaction():
            # Two sessions that both found the table empty would both fill it.
            session.conn.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
            rows = session.execute(statement).rowcount
        if rows:
            done.append(f"seeded conflict.{name} with {rows} default row{'s' if rows > 1 else ''}")
    return done
