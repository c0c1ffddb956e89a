from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, Row, read, visit

IDS = {
    "Caregiver Id": "caregiver_id",
    "Provider Id": "provider_id",
    "Office Id": "office_id",
    "Provider Patient Id": "provider_patient_id",
    "Payer Patient Id": "payer_patient_id",
    "Payer Id": "payer_id",
    "Contract Id": "contract_id",
    "Service Code Id": "service_code_id",
    "Visit Updated User Id": "user_id",
}


def note(session: Session, *names: str | None) -> int:
    """These visits; returns how many were written."""
    named = sql.SQL("SELECT unnest({}::text[]) AS visit_id").format([*names])
    return session.execute("cycles/upsert_visits", visit_ids=named).rowcount


def noted(session: Session) -> list[Row]:
    return read(session, "conflict_visit")


def test_of_a_visit_it_is_noted_what_it_is_enriched_from(scratch: Session) -> None:
    visit(scratch, "v1", {name: f"id of {name}" for name in IDS})

    assert note(scratch, "v1") == 1

    wanted = {column: f"id of {name}" for name, column in IDS.items()}
    assert noted(scratch) == [{"visit_id": "v1", "visit_date": DAY, **wanted}]


def test_a_visit_that_is_named_twice_or_not_there_or_not_known_does_no_harm(scratch: Session) -> None:
    visit(scratch, "v1")

    assert note(scratch, "v1", "v1", "unknown", None) == 1


def test_a_visit_that_is_not_named_is_not_noted(scratch: Session) -> None:
    visit(scratch, "v1")

    assert note(scratch, "v2") == 0
    assert noted(scratch) == []


def test_what_is_noted_already_is_not_written(scratch: Session) -> None:
    visit(scratch, "v1", {"Office Id": None})
    note(scratch, "v1")

    assert note(scratch, "v1") == 0


def test_a_note_follows_its_visit(scratch: Session) -> None:
    visit(scratch, "v1", dict.fromkeys(IDS, "old"))
    note(scratch, "v1")
    for name, column in IDS.items():
        update = sql.SQL("UPDATE analytics.factvisitcallperformance_cr SET {} = NULL")
        scratch.conn.execute(update.format(sql.Identifier(name)))

        assert note(scratch, "v1") == 1
        assert noted(scratch)[0][column] is None
    scratch.conn.execute('UPDATE analytics.factvisitcallperformance_cr SET "Visit Date" = NULL')

    assert note(scratch, "v1") == 1
    assert noted(scratch)[0]["visit_date"] is None
