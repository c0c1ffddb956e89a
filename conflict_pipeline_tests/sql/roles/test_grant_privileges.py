from psycopg import sql

from conflict_pipeline.postgres.session import Session


def test_these_privileges_are_held_and_no_others(scratch: Session) -> None:
    scratch.conn.execute('CREATE ROLE "Test role"')

    scratch.execute(
        "roles/grant_privileges",
        privileges=sql.SQL("SELECT, DELETE"),
        kind=sql.SQL("TABLE"),
        object=sql.Identifier("conflict", "mph"),
        role=sql.Identifier("Test role"),
    )

    row = scratch.conn.execute(
        "SELECT array_agg(privilege) AS held FROM unnest(ARRAY['SELECT', 'UPDATE', 'DELETE']) AS privilege"
        " WHERE has_table_privilege('Test role', 'conflict.mph', privilege)"
    ).fetchone()
    assert row == {"held": ["SELECT", "DELETE"]}
