import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert
from conflict_pipeline_tests.sql.cycles.transactions import from_here

CHANGE_C2 = """UPDATE analytics.dimcaregiver SET "Caregiver Code" = 'new' WHERE "Caregiver Id" = 'c2'"""


@pytest.fixture
def start(session: Session) -> str:
    """A transaction after which caregivers c1 to c3 were written."""
    for name in ("c1", "c2", "c3"):
        insert(session, "dimcaregiver", **{"Caregiver Id": name})
    return from_here(session)


def changed(
    session: Session, transactions_from: str, table: str = "dimcaregiver", key: str = "Caregiver Id"
) -> set[tuple[str, str | None]]:
    with session.transaction():
        values = {"transactions_from": transactions_from, "table_name": table}
        session.execute("cycles/create_changed_key", values)
        names = {"table": sql.Identifier(table), "key": sql.Identifier(key)}
        session.execute("cycles/insert_changed_keys", values, **names)
        return {(row["table_name"], row["key"]) for row in session.conn.execute("TABLE changed_key")}


def test_a_row_that_was_inserted_or_updated_since_is_in(session: Session, start: str) -> None:
    session.conn.execute(CHANGE_C2)
    insert(session, "dimcaregiver", **{"Caregiver Id": "c4"})

    assert changed(session, start) == {("dimcaregiver", "c2"), ("dimcaregiver", "c4")}


def test_one_that_was_written_before_is_not(session: Session, start: str) -> None:
    assert changed(session, start) == set()


def test_a_deleted_one_is(session: Session, start: str) -> None:
    session.conn.execute("""DELETE FROM analytics.dimcaregiver WHERE "Caregiver Id" = 'c3'""")

    assert changed(session, start) == {("dimcaregiver", "c3")}


def test_what_was_written_under_a_savepoint_is_in(session: Session, start: str) -> None:
    with session.transaction(), session.transaction():
        session.conn.execute(CHANGE_C2)

    assert changed(session, start) == {("dimcaregiver", "c2")}


def test_what_was_rolled_back_is_not(session: Session, start: str) -> None:
    with session.transaction(force_rollback=True):
        session.conn.execute(CHANGE_C2)

    assert changed(session, start) == set()


def test_rows_of_long_ago_that_are_frozen_are_not_in(session: Session, start: str) -> None:
    session.conn.execute("VACUUM (FREEZE) analytics.dimcaregiver")

    assert changed(session, start) == set()


def test_nothing_has_been_written_since_a_transaction_to_come(session: Session, start: str) -> None:
    assert changed(session, str(int(start) + 1000)) == set()


def test_addresses_are_known_by_their_patient(session: Session, start: str) -> None:
    for address, patient in (("a1", "t1"), ("a2", "t1"), ("a3", None)):
        insert(session, "dimpatientaddress", **{"Patient Address Id": address, "Patient Id": patient})

    found = changed(session, start, "dimpatientaddress", "Patient Id")
    assert found == {("dimpatientaddress", "t1"), ("dimpatientaddress", None)}
