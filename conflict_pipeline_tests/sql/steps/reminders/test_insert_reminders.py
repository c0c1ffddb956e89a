from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import insert, provider, read


@pytest.fixture
def linked(scratch: Session) -> Session:
    """Payer y1 and provider p1, which work together."""
    payer = {"Payer Id": "y1", "Application Payer Id": 11, "Payer Name": "Payer"}
    insert(scratch, "dimpayer", **payer)
    provider(scratch, "p1", **{"Application Provider Id": 21, "Provider Name": "Provider"})
    link(scratch)
    return scratch


def link(session: Session, **columns: Any) -> None:
    insert(session, "dimpayerprovider", **{"Payer Id": "y1", "Provider Id": "p1", **columns})


def test_a_link_gets_a_reminder_with_both_names_and_no_days(linked: Session) -> None:
    now = linked.conn.execute("SELECT localtimestamp AS now").fetchone()

    linked.execute("steps/reminders/insert_reminders")

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

    assert linked.execute("steps/reminders/insert_reminders").rowcount == 0
    assert read(linked, "payer_provider_reminders") == [before]


def test_again_is_nothing(linked: Session) -> None:
    counts = [linked.execute("steps/reminders/insert_reminders").rowcount for _ in range(2)]

    assert counts == [1, 0]


@pytest.mark.parametrize("end", [{"Payer Id": "unknown"}, {"Provider Id": "unknown"}])
def test_a_link_to_nothing_gets_none(linked: Session, end: dict[str, str]) -> None:
    linked.execute("steps/reminders/insert_reminders")
    link(linked, **end)

    assert linked.execute("steps/reminders/insert_reminders").rowcount == 0


def test_activity_and_demo_do_not_matter(linked: Session) -> None:
    provider(linked, "p2", **{"Is Active": False, "Is Demo": True})
    link(linked, **{"Provider Id": "p2"})

    assert linked.execute("steps/reminders/insert_reminders").rowcount == 2


def test_names_too_long_for_their_column_are_cut(linked: Session) -> None:
    provider(linked, "p2", **{"Provider Name": "p" * 200})
    link(linked, **{"Provider Id": "p2"})

    linked.execute("steps/reminders/insert_reminders")

    names = {row["ProviderID"]: row["ProviderName"] for row in read(linked, "payer_provider_reminders")}
    assert names["p2"] == "p" * 100
