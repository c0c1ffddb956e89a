import pytest

from conflict_pipeline.resources.postgres import Session


@pytest.fixture
def reader(scratch: Session) -> Session:
    """A session whose user may read settings and do nothing else."""
    scratch.conn.execute("CREATE ROLE test_reader")
    scratch.conn.execute("GRANT USAGE ON SCHEMA conflict TO test_reader")
    scratch.conn.execute("GRANT SELECT ON conflict.settings TO test_reader")
    scratch.conn.execute("SET LOCAL ROLE test_reader")
    return scratch


def lacking(session: Session, *needed: tuple[str, str]) -> list[tuple[str, str]]:
    values = {"tables": [name for name, _ in needed], "privileges": [privilege for _, privilege in needed]}
    rows = session.rows("schema/select_missing_privileges", values)
    return [(row["table_name"], row["privilege"]) for row in rows]


def test_what_the_user_may_not_do_is_named(reader: Session) -> None:
    needed = [
        (name, privilege)
        for name in ("conflict.settings", "conflict.mph")
        for privilege in ("SELECT", "UPDATE")
    ]

    assert lacking(reader, *needed) == sorted(needed[1:])


def test_a_user_who_may_insert_needs_the_sequence_of_the_key(reader: Session) -> None:
    needed = ("conflict.excluded_ssn", "INSERT")

    assert lacking(reader, needed) == [('SEQUENCE conflict."excluded_ssn_ID_seq"', "USAGE"), needed]


def test_a_table_that_is_not_there_needs_no_privilege(reader: Session) -> None:
    assert lacking(reader, ("conflict.unknown", "SELECT")) == []


def test_an_owner_lacks_nothing(scratch: Session) -> None:
    assert lacking(scratch, ('"conflict"."settings"', "UPDATE")) == []
