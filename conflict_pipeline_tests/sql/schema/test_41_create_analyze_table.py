import pytest

from conflict_pipeline.postgres.session import Session


@pytest.fixture
def guest(scratch: Session) -> Session:
    """A session whose user may use the schema and do nothing else; conflict.filled is another's."""
    scratch.conn.execute(
        """CREATE TABLE conflict.filled (); CREATE ROLE test_guest;
        GRANT USAGE ON SCHEMA conflict TO test_guest; SET LOCAL ROLE test_guest"""
    )
    return scratch


def test_statistics_are_taken_with_the_rights_of_the_owner(guest: Session) -> None:
    rows = "SELECT reltuples FROM pg_class WHERE oid = 'conflict.filled'::regclass"
    assert guest.conn.execute(rows).fetchone() == {"reltuples": -1}

    guest.conn.execute("SELECT conflict.analyze_table('conflict.filled')")

    assert guest.conn.execute(rows).fetchone() == {"reltuples": 0}


def test_a_name_is_no_way_to_run_anything_else(guest: Session) -> None:
    guest.conn.execute('CREATE TEMPORARY TABLE "x; DROP TABLE conflict.filled" ()')

    guest.conn.execute("""SELECT conflict.analyze_table('pg_temp."x; DROP TABLE conflict.filled"')""")

    assert guest.conn.execute("SELECT to_regclass('conflict.filled') AS it").fetchone() != {"it": None}
