"""Step reminders: which reminders are inserted and refreshed."""

from typing import Any

import pytest

from conflict_pipeline.model import Window
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.reminders import ReminderCounts, name_types, update_reminders
from conflict_pipeline_tests.rows import DAY, Row, insert, provider, read
from conflict_pipeline_tests.small_cycles import cycle_of


@pytest.fixture
def linked(scratch: Session) -> Session:
    """Payer y1 and provider p1, which work together."""
    payer = {"Payer Id": "y1", "Application Payer Id": 11, "Payer Name": "Payer"}
    insert(scratch, "dimpayer", **payer)
    provider(scratch, "p1", **{"Application Provider Id": 21, "Provider Name": "Provider"})
    link(scratch)
    return scratch


def insert_reminders(session: Session) -> int:
    """How many are inserted."""
    return session.execute("steps/reminders/insert_reminders", None, **name_types(session)).rowcount


def refresh_reminders(session: Session) -> int:
    """How many are refreshed."""
    return session.execute("steps/reminders/refresh_reminders", None, **name_types(session)).rowcount


def link(session: Session, **columns: Any) -> None:
    insert(session, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": "p1", **columns})


def test_a_link_gets_a_reminder_with_both_names_and_no_days(linked: Session) -> None:
    now = linked.conn.execute("SELECT localtimestamp AS now").fetchone()

    insert_reminders(linked)

    (row,) = read(linked, "payer_provider_reminders")
    assert now is not None
    assert row.pop("ID") is not None
    assert row == {
        "PayerID": "y1",
        "AppPayerID": "11",
        "Contract": "Payer",
        "ProviderID": "p1",
        "AppProviderID": "21",
        "ProviderName": "Provider",
        "CreatedDateTime": now["now"],
        "NumberOfDays": None,
    }


def test_a_link_that_has_one_gets_no_second(linked: Session) -> None:
    before = insert(linked, "payer_provider_reminders", ID=7, PayerID="y1", ProviderID="p1", NumberOfDays=5)

    assert insert_reminders(linked) == 0
    assert read(linked, "payer_provider_reminders") == [before]


def test_again_is_nothing(linked: Session) -> None:
    counts = [insert_reminders(linked) for _ in range(2)]

    assert counts == [1, 0]


@pytest.mark.parametrize("end", [{"Payer Id": "unknown"}, {"Provider Id": "unknown"}])
def test_a_link_to_nothing_gets_none(linked: Session, end: dict[str, str]) -> None:
    insert_reminders(linked)
    link(linked, **end)

    assert insert_reminders(linked) == 0


def test_activity_and_demo_do_not_matter(linked: Session) -> None:
    provider(linked, "p2", **{"Is Active": False, "Is Demo": True})
    link(linked, **{"Provider Id": "p2"})

    assert insert_reminders(linked) == 2


def test_names_too_long_for_their_column_are_cut(linked: Session) -> None:
    provider(linked, "p2", **{"Provider Name": "p" * 200})
    link(linked, **{"Provider Id": "p2"})

    insert_reminders(linked)

    names = {row["ProviderID"]: row["ProviderName"] for row in read(linked, "payer_provider_reminders")}
    assert names["p2"] == "p" * 100


OURS = {"PayerID": "y1", "ProviderID": "p1"}
NAMES = {"Contract": "Payer", "ProviderName": "Provider"}


@pytest.fixture
def with_reminder(scratch: Session) -> Session:
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
    with_reminder: Session, old: dict[str, str | None]
) -> None:
    before = reminder(with_reminder, 1, **old)

    assert refresh_reminders(with_reminder) == 1
    assert read(with_reminder, "payer_provider_reminders") == [{**before, **NAMES}]


def test_rows_whose_names_are_equal_are_not_rewritten(with_reminder: Session) -> None:
    reminder(with_reminder, 1)
    reminder(with_reminder, 2, Contract="old")
    places = 'SELECT "ID", ctid, xmin FROM conflict.payer_provider_reminders ORDER BY 1'
    before = with_reminder.conn.execute(places).fetchall()

    counts = [refresh_reminders(with_reminder) for _ in range(2)]

    after = with_reminder.conn.execute(places).fetchall()
    assert counts == [1, 0]
    assert after[0] == before[0]
    assert after[1]["ctid"] != before[1]["ctid"]


@pytest.mark.parametrize("end", ["PayerID", "ProviderID"])
def test_a_reminder_without_its_link_keeps_its_names(with_reminder: Session, end: str) -> None:
    before = reminder(with_reminder, 1, **{end: "another", "Contract": "old"})

    assert refresh_reminders(with_reminder) == 0
    assert read(with_reminder, "payer_provider_reminders") == [before]


def test_a_name_that_is_gone_is_emptied(with_reminder: Session) -> None:
    reminder(with_reminder, 1)
    with_reminder.conn.execute("""UPDATE analytics.dimprovider SET "Provider Name" = NULL""")

    refresh_reminders(with_reminder)

    (row,) = read(with_reminder, "payer_provider_reminders")
    assert (row["Contract"], row["ProviderName"]) == ("Payer", None)


def test_a_name_cut_once_stays_equal(with_reminder: Session) -> None:
    reminder(with_reminder, 1)
    with_reminder.conn.execute("""UPDATE analytics.dimprovider SET "Provider Name" = repeat('p', 200)""")

    counts = [refresh_reminders(with_reminder) for _ in range(2)]

    assert counts == [1, 0]
    assert read(with_reminder, "payer_provider_reminders")[0]["ProviderName"] == "p" * 100


def test_both_are_counted(scratch: Session) -> None:
    insert(scratch, "dimpayer", **{"Payer Id": "y1", "Payer Name": "new"})
    for name in ("p1", "p2"):
        provider(scratch, name, **{"Provider Name": "new"})
        insert(scratch, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": name})
    insert(scratch, "payer_provider_reminders", PayerID="y1", ProviderID="p1", Contract="old")

    counts = [update_reminders(scratch, cycle_of(Window(DAY, DAY))) for _ in range(2)]

    assert counts == [ReminderCounts(inserted=1, refreshed=1), ReminderCounts(inserted=0, refreshed=0)]
    assert {row["Contract"] for row in read(scratch, "payer_provider_reminders")} == {"new"}
