from psycopg import sql

from conflict_pipeline.postgres.session import Session


def test_a_role_may_log_in_and_do_nothing_else(scratch: Session) -> None:
    scratch.execute("roles/create_role", role=sql.Identifier("Test role"))

    row = scratch.conn.execute(
        """SELECT rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication AS may_more
        FROM pg_roles WHERE rolname = 'Test role'"""
    ).fetchone()
    assert row == {"rolcanlogin": True, "may_more": False}
