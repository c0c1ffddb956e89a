"""New rows against steps/insert_columns.csv, and updates of event rows against steps/update_columns.csv."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres import tables as schema
from conflict_pipeline_tests.reference.columns import midnight
from conflict_pipeline_tests.reference.cycle import column_types
from conflict_pipeline_tests.reference.events import event_row_columns, pairs
from conflict_pipeline_tests.reference.kinds import CONFLICTING, PRIMARY, Kind
from conflict_pipeline_tests.reference.numbers import stored, text_of_number
from conflict_pipeline_tests.reference.visits import local, qualifying_visits
from conflict_pipeline_tests.reference.whole_cycle import Outcome
from conflict_pipeline_tests.reference.world import (
    DAY,
    UTC,
    Tables,
    absence,
    at,
    detect,
    detection_settings,
    new_world,
    row,
)
from conflict_pipeline_tests.steps.worlds import filling

STEPS = Path(__file__).parents[1] / "steps"
# Columns that the file describes in words. Their values are worked out by hand in the other modules.
IN_WORDS: Final = {
    *("ID", "CONFLICTID", "CRDATEUNIQUE", "CreatedDate", "SSN", "AideSSN", "VisitID", "AppVisitID"),
    *("VisitDate",),
    *("ShVTSTTime", "ShVTENTime", "CShVTSTTime", "CShVTENTime", "ReverseUUID", "BilledRateMinute"),
    *("PLatitude", "PLongitude", "Contract", "ContractType", "BillRateBoth"),
    *("MinuteDiffBetweenSch", "DistanceMilesFromLatLng", "AverageMilesPerHour", "ETATravleMinutes"),
    *RULE_COLUMNS,
}
NUMBERS = count(1)
# The rows of each side, by its letter: v1 (a), v2 (b), the in-service (i) and the PTO (p).
SIDES = {
    "visit_visit": ("a", "b"),
    "visit_inservice": ("a", "i"),
    "inservice_visit": ("i", "a"),
    "visit_pto": ("a", "p"),
    "pto_visit": ("p", "a"),
}
FACTS = {
    "a": "factvisitcallperformance_cr",
    "b": "factvisitcallperformance_cr",
    "i": "factcaregiverinservice",
    "p": "factcaregiverabsence",
}


def filled(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """A row without a NULL, in which no two values of a type are equal unless they are given."""
    others = {
        column.name: filling(column.type_name, 4 * next(NUMBERS) + 1)
        for column in schema.get_table(table).columns
        if column.name not in values
    }
    return row(table, {**others, **values})


@cache
def filled_world() -> Tables:
    """Visits v1 and v2, an in-service and an absence that meet both, each for an agency of its own."""
    switches = {"Is Active": True, "Is Demo": False}
    times = {"Visit Date": DAY, "Visit Start Time": at("09:00"), "Visit End Time": at("11:00")}
    visits = [
        filled(
            "factvisitcallperformance_cr",
            {
                **times,
                "Visit Id": f"v_{side}",
                "Is Missed": False,
                "Call In GPS Coordinates": "1,1",
                "Billed": "no",
                "Bill Type": "Hourly",
                "Application Payer Id": Decimal(5),
                **{
                    f"{name} Id": f"{name}_{side}"
                    for name in ("Caregiver", "Provider", "Office", "Payer", "Contract", "Service Code")
                },
                "Visit Updated User Id": f"User_{side}",
                "Provider Patient Id": f"P_{side}",
                "Payer Patient Id": f"PA_{side}",
            },
        )
        for side in ("a", "b")
    ]
    home = {"Primary Address": True, "Address Type": "GPS"}
    patients = [f"{prefix}{side}" for prefix in ("P_", "PA_") for side in ("a", "b")]
    of_event = {"Office Id": "Office_i", "Provider Id": "Provider_i"}
    return new_world(
        *visits,
        factcaregiverinservice=[
            filled(
                FACTS["i"],
                {
                    **of_event,
                    "Caregiver Id": "Caregiver_i",
                    "Inservice start date": at("08:00").replace(tzinfo=UTC),
                    "Inservice end date": at("12:00").replace(tzinfo=UTC),
                },
            )
        ],
        factcaregiverabsence=[
            absence(
                9,
                at("01:00"),
                at("02:00"),
                {"Global Caregiver Id": "Caregiver_p", "Provider Id": "Provider_p", "Office Id": "Office_p"},
            )
        ],
        dimcaregiver=[
            filled("dimcaregiver", {"Caregiver Id": f"Caregiver_{side}", "SSN": "900000001"})
            for side in FACTS
        ],
        dimprovider=[
            filled("dimprovider", {"Provider Id": f"Provider_{side}", "Address State": "NY", **switches})
            for side in FACTS
        ],
        dimoffice=[filled("dimoffice", {"Office Id": f"Office_{side}", "Is Active": True}) for side in FACTS],
        dimpayer=[filled("dimpayer", {"Payer Id": f"Payer_{side}", **switches}) for side in ("a", "b")],
        dimcontract=[
            filled("dimcontract", {"Contract Id": f"Contract_{side}", "Is Active": True})
            for side in ("a", "b")
        ],
        dimservicecode=[
            filled("dimservicecode", {"Service Code Id": f"Service Code_{side}"}) for side in ("a", "b")
        ],
        dimuser=[filled("dimuser", {"User Id": f"User_{side}"}) for side in ("a", "b")],
        dimpatient=[filled("dimpatient", {"Patient Id": name}) for name in patients],
        dimpatientaddress=[
            filled("dimpatientaddress", {"Patient Id": name, "Address State": "NY", **home})
            for name in patients
        ],
    )


@cache
def filled_outcome() -> Outcome:
    return detect(filled_world(), detect_pto=True)


def new_row(kind: str) -> dict[str, Any]:
    """The one row whose sides are those of the kind."""
    (found,) = [
        new
        for new in filled_outcome().inserted.values()
        if (new["ProviderID"][-1], new["ConProviderID"][-1]) == SIDES[kind]
    ]
    return found


def source_row(table: str, column: str, side: str) -> dict[str, Any]:
    """The row of the table for that side, if any; of two patients, the one that `column` is of."""
    whose = "PA_" if "PA_" in column else "P_"
    if table in FACTS.values():
        key, wanted = "Provider Id", f"Provider_{side}"
    elif table.startswith("dimpatient"):
        key, wanted = "Patient Id", f"{whose}{side}"
    else:
        key = schema.get_table(table).primary_key[0]
        wanted = f"{key.removesuffix(' Id')}_{side}"
    return next((found for found in filled_world()[table] if found[key] == wanted), {})


def expected_value(text: str, column: str, side: str) -> Any:
    """The value that the file gives a column, as it is stored; KeyError where it takes words."""
    if text in ("NULL", "0"):
        return None if text == "NULL" else Decimal(0)
    if constant := re.fullmatch("'(.)'", text):
        return constant[1]
    source = re.fullmatch(r"(\w+): (.+?)( cast to (date|timestamp))?", text)
    if source is None:
        raise KeyError(text)
    type_name = column_types()[column]
    value = source_row(source[1], column, side)[source[2]]
    if isinstance(value, datetime):
        return local(value, UTC)
    if isinstance(value, date) and type_name == "timestamp":
        return midnight(value)
    if isinstance(value, Decimal) and type_name.startswith("varchar"):
        return text_of_number(value)
    return stored(value, type_name)


def read(name: str) -> Iterator[dict[str, str]]:
    with (STEPS / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize("kind", SIDES)
def test_every_column_of_a_new_row_has_the_value_that_the_file_gives_it(kind: str) -> None:
    new = new_row(kind)
    assert [line["column"] for line in read("insert_columns.csv")] == list(new)

    wrong, in_words = {}, set()
    for line in read("insert_columns.csv"):
        column = line["column"]
        base = column.removeprefix("Con") if column.removeprefix("Con") in new else column
        try:
            value = expected_value(line[kind], column, SIDES[kind][base != column])
        except KeyError:
            in_words.add(base)
            continue
        if new[column] != value:
            wrong[column] = (new[column], value)

    assert wrong == {}
    assert in_words <= IN_WORDS


def test_an_update_of_an_event_row_writes_the_columns_of_the_file_but_the_rules() -> None:
    settings = detection_settings()
    window = settings.window
    visits = qualifying_visits(filled_world(), window.window_start, window.window_end, UTC)
    visit, event = pairs(Kind.INSERVICE, filled_world(), visits, settings)[0]
    columns = {line["target_column"] for line in read("update_columns.csv")}
    # These depend on what the row was.
    by_row = {"StatusFlag", "ResolveDate", "UpdateFlag", "UpdatedDate"}

    for side in (PRIMARY, CONFLICTING):
        dates = {f"{side}InserviceStartDate", f"{side}InserviceEndDate"}
        assert event_row_columns(visit, event, side).keys() == columns - {*RULE_COLUMNS} - by_row | dates
