from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import Row, insert, provider, read

OURS = {"PayerID": "y1", "ProviderID": "p1"}
NAMES = {"Contract": "Payer", "ProviderName": "Provider"}


@pytest.fixture
def linked(scratch: Session) -> Session:
    """Payer y1 and provider p1, which work together."""
    insert(scratch, "dimpayer", **{"Payer Id": "y1", "Payer Name": "Payer"})
    provider(scratch, "p1", **{"Provider Name": "Provider"})
    insert(scratch, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": "p1"})
    return scratch


def reminder(session: Session, number: int, **columns: Any) -> Row:
    values = {**OURS, **NAMES, **columns}
    return insert(session, "payer_provider_reminders", ID=number, NumberOfDays=5, **values)


@pytest.mark.parametrize(
    "old", [{"Contract": "old"}, {"ProviderName": "old"}, {"Contract": None, "ProviderName": None}]
)
def test_names_that_differ_are_refreshed_and_nothing_else(
    linked: Session, old: dict[str, str | None]
) -> None:
    before = reminder(linked, 1, **old)

    assert linked.execute("steps/reminders/refresh_reminders").rowcount == 1
    assert read(linked, "payer_provider_reminders") == [{**before, **NAMES}]


def test_rows_whose_names_are_equal_are_not_rewritten(linked: Session) -> None:
    reminder(linked, 1)
    reminder(linked, 2, Contract="old")
    places = 'SELECT "ID", ctid, xmin FROM conflict.payer_provider_reminders ORDER BY 1'
    before = linked.conn.execute(places).fetchall()

    counts = [linked.execute("steps/reminders/refresh_reminders").rowcount for _ in range(2)]

    after = linked.conn.execute(places).fetchall()
    assert counts == [1, 0]
    assert after[0] == before[0]
    assert after[1]["ctid"] != before[1]["ctid"]


@pytest.mark.parametrize("end", ["PayerID", "ProviderID"])
def test_a_reminder_without_its_link_keeps_its_names(linked: Session, end: str) -> None:
    before = reminder(linked, 1, **{end: "another", "Contract": "old"})

    assert linked.execute("steps/reminders/refresh_reminders").rowcount == 0
    assert read(linked, "payer_provider_reminders") == [before]


def test_a_name_that_is_gone_is_emptied(linked: Session) -> None:
    reminder(linked, 1)
    linked.conn.execute("""UPDATE analytics.dimprovider SET "Provider Name" = NULL""")

    linked.execute("steps/reminders/refresh_reminders")

    (row,) = read(linked, "payer_provider_reminders")
    assert (row["Contract"], row["ProviderName"]) == ("Payer", None)


def test_a_name_cut_once_stays_equal(linked: Session) -> None:
    reminder(linked, 1)
    linked.conn.execute("""UPDATE analytics.dimprovider SET "Provider Name" = repeat('p', 200)""")

    counts = [linked.execute("steps/reminders/refresh_reminders").rowcount for _ in range(2)]

    assert counts == [1, 0]
    assert read(linked, "payer_provider_reminders")[0]["ProviderName"] == "p" * 100
