"""In-service and PTO in the reference: boundary cases worked out by hand from detect.md, S, P and U."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS, Window
from conflict_pipeline_tests.reference.cycle import NOW
from conflict_pipeline_tests.reference.detection import Key
from conflict_pipeline_tests.reference.events import TRAVEL_COLUMNS
from conflict_pipeline_tests.reference.kinds import Kind, kind_of
from conflict_pipeline_tests.reference.world import (
    DAY,
    Tables,
    absence,
    at,
    detect,
    hours,
    inservice,
    kept_visit,
    new_world,
    pair,
    provider,
    row,
)

NEXT_DAY = DAY + timedelta(days=1)
NINE_TO_ELEVEN = hours("09:00", "11:00")
# md5 of I7 and of P7.00000, computed elsewhere.
INSERVICE_7 = "1ba3b416ad5408db4097bdd750e449b2"
PTO_7 = "ce14275afddcf0a6a58f5d8e5de447dc"


def attended(values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Visit v1 from 09:00 to 11:00."""
    return kept_visit(1, {"Visit Start Time": at("09:00"), "Visit End Time": at("11:00"), **(values or {})})


def training(values: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]) -> Tables:
    """A world in which visit v1 meets training 7 of provider p2, unless it is told otherwise."""
    return new_world(
        **{
            "factvisitcallperformance_cr": [attended()],
            "factcaregiverinservice": [inservice(7, NINE_TO_ELEVEN, values)],
            **tables,
        }
    )


def leave(values: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]) -> Tables:
    """A world in which visit v1 falls into absence 7 of provider p2, unless it is told otherwise."""
    return new_world(
        **{
            "factvisitcallperformance_cr": [attended()],
            "factcaregiverabsence": [absence(7, at("00:00"), at("00:00"), values)],
            **tables,
        }
    )


def inserted(tables: Tables, **changes: Any) -> set[Key]:
    return set(detect(tables, **{"detect_pto": True, **changes}).inserted)


BOTH_WAYS: set[Key] = {("v1", INSERVICE_7), (INSERVICE_7, "v1")}
PTO_BOTH_WAYS: set[Key] = {("v1", PTO_7), (PTO_7, "v1")}


@pytest.mark.parametrize(
    ("visit_times", "event_times", "meet"),
    [
        (("09:00", "11:00"), ("11:00", "12:00"), True),
        (("11:00", "12:00"), ("09:00", "11:00"), True),
        (("09:00", "11:00"), ("11:01", "12:00"), False),
        (("09:00", "11:00"), ("08:00", "08:59"), False),
        (("09:00", "11:00"), ("10:00", "10:00"), True),
        (("09:00", "11:00"), ("10:00", "09:30"), False),
        (("09:00", "11:00"), ("10:00", None), False),
        (("09:00", "11:00"), (None, "10:00"), False),
        (("09:00", None), ("09:00", "10:00"), False),
        ((None, None), ("09:00", "10:00"), False),
    ],
)
def test_a_training_meets_a_visit_by_actual_times_and_touching_counts(
    visit_times: tuple[str | None, str | None], event_times: tuple[str | None, str | None], meet: bool
) -> None:
    tables = new_world(
        kept_visit(1, scheduled=hours("09:00", "11:00"), actual=hours(*visit_times)),
        factcaregiverinservice=[inservice(7, hours(*event_times))],
    )

    assert inserted(tables) == (BOTH_WAYS if meet else set())


def instead(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Another visit, training, provider p2 or exclusion."""
    make: dict[str, Callable[[], dict[str, Any]]] = {
        "factvisitcallperformance_cr": lambda: attended(values),
        "factcaregiverinservice": lambda: inservice(7, NINE_TO_ELEVEN, values),
        "dimprovider": lambda: provider("p2", **values),
    }
    new = make.get(table, lambda: row(table, {"ID": Decimal(1), **values}))()
    return {table: [provider("p1"), new] if table == "dimprovider" else [new]}


@pytest.mark.parametrize(
    ("table", "values", "meet"),
    [
        ("factcaregiverinservice", {}, True),
        # c2 is another agency's id of the caregiver, c3 another caregiver.
        ("factcaregiverinservice", {"Caregiver Id": "c2"}, True),
        ("factcaregiverinservice", {"Caregiver Id": "c3"}, False),
        ("factcaregiverinservice", {"Caregiver Id": None}, False),
        ("factcaregiverinservice", {"Provider Id": "p1"}, False),
        ("factcaregiverinservice", {"Caregiver Id": "c2", "Provider Id": "p1"}, False),
        ("factcaregiverinservice", {"Provider Id": None}, False),
        ("dimprovider", {"Is Demo": True}, False),
        ("dimprovider", {"Is Active": None}, False),
        ("excluded_agency", {"ProviderID": "p2"}, False),
        ("excluded_agency", {"ProviderID": None}, True),
        ("excluded_ssn", {"SSN": "900000001 "}, False),
        ("excluded_ssn", {"SSN": None}, True),
        ("factvisitcallperformance_cr", {"Is Missed": True}, False),
        ("factvisitcallperformance_cr", {"Is Missed": None}, False),
        # The last day of the window, and the day after it.
        ("factvisitcallperformance_cr", {"Visit Date": NEXT_DAY}, True),
        ("factvisitcallperformance_cr", {"Visit Date": NEXT_DAY + timedelta(days=1)}, False),
    ],
    ids=str,
)
def test_a_training_counts_if_its_caregiver_and_provider_do(
    table: str, values: dict[str, Any], meet: bool
) -> None:
    caregivers = [("c1", " 900000001 "), ("c2", "900000001"), ("c3", "900000003")]
    dimcaregiver = [row("dimcaregiver", {"Caregiver Id": name, "SSN": ssn}) for name, ssn in caregivers]

    assert inserted(training(dimcaregiver=dimcaregiver, **instead(table, values))) == (
        BOTH_WAYS if meet else set()
    )


@pytest.mark.parametrize(
    ("days", "clock", "meet"),
    [(-2, "23:59", False), (-1, "00:00", True), (1, "23:59", True), (2, "00:00", False)],
)
def test_the_date_on_which_a_training_starts_is_in_the_window(days: int, clock: str, meet: bool) -> None:
    start = at(clock, DAY + timedelta(days=days))
    # The visit is long enough to meet each of them.
    long_visit = attended({"Visit Start Time": start, "Visit End Time": start + timedelta(days=1)})
    tables = training(
        factvisitcallperformance_cr=[long_visit],
        factcaregiverinservice=[inservice(7, (start, start + timedelta(hours=1)))],
    )

    assert inserted(tables) == (BOTH_WAYS if meet else set())


def test_a_training_is_placed_by_the_clock_of_the_report_time_zone() -> None:
    # 04:30 UTC on the day after the window is 23:30 in New York, on its last day.
    start = at("04:30", DAY + timedelta(days=2))
    actual = {"Visit Start Time": at("23:00", NEXT_DAY), "Visit End Time": at("23:45", NEXT_DAY)}
    tables = training(
        factvisitcallperformance_cr=[attended(actual)],
        factcaregiverinservice=[inservice(7, (start, start + timedelta(hours=1)))],
    )

    new = detect(tables, zone=ZoneInfo("America/New_York")).inserted

    assert new.keys() == BOTH_WAYS
    assert new["v1", INSERVICE_7]["ConInserviceStartDate"] == at("23:30", NEXT_DAY)
    assert inserted(tables) == set()


@pytest.mark.parametrize(
    ("start", "end", "meet"),
    [("05:10", "05:50", True), ("06:10", "06:50", True), ("05:50", "06:10", False), ("05:50", "07:10", True)],
    ids=["the first time", "the second time", "backwards by the clock", "over both"],
)
def test_the_hour_that_comes_twice_is_one_hour_by_the_clock(start: str, end: str, meet: bool) -> None:
    # New York leaves summer time at 06:00 UTC: 05:30 and 06:30 are both 01:30 there.
    day = date(2025, 11, 2)
    actual = {"Visit Start Time": at("01:00", day), "Visit End Time": at("02:00", day), "Visit Date": day}
    tables = training(
        factvisitcallperformance_cr=[attended(actual)],
        factcaregiverinservice=[inservice(7, (at(start, day), at(end, day)))],
    )

    outcome = detect(tables, zone=ZoneInfo("America/New_York"), window=Window(day, day))

    assert outcome.inserted.keys() == (BOTH_WAYS if meet else set())
    assert outcome.bad_events == {Kind.INSERVICE: 0 if meet else 1}


@pytest.mark.parametrize(
    ("own", "meet"),
    [
        pytest.param(inservice(8, NINE_TO_ELEVEN, {"Provider Id": "p1"}), False, id="own"),
        pytest.param(inservice(8, hours("11:00", "12:00"), {"Provider Id": "p1"}), False, id="touching"),
        pytest.param(inservice(8, hours("11:01", "12:00"), {"Provider Id": "p1"}), True, id="later"),
        pytest.param(inservice(8, NINE_TO_ELEVEN, {"Provider Id": "p3"}), True, id="other provider"),
        pytest.param(
            inservice(8, NINE_TO_ELEVEN, {"Provider Id": "p1", "Caregiver Id": "c2"}), True, id="other id"
        ),
        pytest.param(inservice(8, hours("10:00", None), {"Provider Id": "p1"}), True, id="bad"),
        pytest.param(
            inservice(8, (at("09:00", date(2020, 1, 1)), at("23:00", NEXT_DAY)), {"Provider Id": "p1"}),
            False,
            id="from before the window",
        ),
    ],
)
def test_an_event_that_the_visits_own_agency_knows_of_excuses_it(own: dict[str, Any], meet: bool) -> None:
    dimcaregiver = [row("dimcaregiver", {"Caregiver Id": name, "SSN": "900000001"}) for name in ("c1", "c2")]
    tables = training(dimcaregiver=dimcaregiver)
    tables["factcaregiverinservice"].append(own)

    assert (("v1", INSERVICE_7) in inserted(tables)) == meet


def test_an_own_training_excuses_no_leave_and_an_own_leave_no_training() -> None:
    tables = training(factcaregiverabsence=[absence(7, at("00:00"), at("00:00"), {"Provider Id": "p1"})])
    assert inserted(tables) == BOTH_WAYS

    tables = leave(factcaregiverinservice=[inservice(7, NINE_TO_ELEVEN, {"Provider Id": "p1"})])
    assert inserted(tables) == PTO_BOTH_WAYS


def day_and_clock(text: str) -> datetime:
    return datetime.strptime(f"2026-03-{text}", "%Y-%m-%d %H:%M")  # noqa: DTZ007 (a wall clock)


@pytest.mark.parametrize(
    ("start", "end", "meet"),
    [
        pytest.param("02 12:00", "02 13:00", True, id="by whole dates"),
        pytest.param("01 00:00", "02 00:00", True, id="ends on the date"),
        pytest.param("03 00:00", "03 00:00", False, id="the day after"),
        pytest.param("01 00:00", "01 23:59", False, id="the day before"),
        pytest.param("02 23:00", "02 01:00", True, id="end before start, on one date"),
        pytest.param("02 00:00", "01 00:00", False, id="end date before start date"),
    ],
)
def test_an_absence_meets_a_visit_by_whole_dates(start: str, end: str, meet: bool) -> None:
    tables = leave(factcaregiverabsence=[absence(7, day_and_clock(start), day_and_clock(end))])

    assert inserted(tables) == (PTO_BOTH_WAYS if meet else set())


def test_a_visit_over_midnight_meets_an_absence_on_either_date() -> None:
    over_midnight = attended({"Visit Start Time": at("23:00"), "Visit End Time": at("00:00", NEXT_DAY)})
    tables = leave(
        factvisitcallperformance_cr=[over_midnight],
        factcaregiverabsence=[absence(7, at("00:00", NEXT_DAY), at("00:00", NEXT_DAY))],
    )

    assert inserted(tables) == PTO_BOTH_WAYS


@pytest.mark.parametrize(
    ("start", "end", "meet"),
    [(-2, 0, False), (-1, 0, True), (0, 900, True)],
    ids=["begins before the window", "on its first day", "ends after it"],
)
def test_the_start_date_of_an_absence_is_in_the_window(start: int, end: int, meet: bool) -> None:
    first, last = (at("00:00", DAY + timedelta(days=days)) for days in (start, end))

    assert inserted(leave(factcaregiverabsence=[absence(7, first, last)])) == (
        PTO_BOTH_WAYS if meet else set()
    )


@pytest.mark.parametrize(("active", "meet"), [(True, True), (None, True), (False, False)])
def test_an_absence_that_was_called_off_does_not_count(active: bool | None, meet: bool) -> None:
    assert inserted(leave({"Active": active})) == (PTO_BOTH_WAYS if meet else set())


def test_absences_without_the_column_are_active() -> None:
    tables = leave()
    del tables["factcaregiverabsence"][0]["Active"]

    assert inserted(tables) == PTO_BOTH_WAYS


def test_an_own_absence_that_was_called_off_excuses_nothing() -> None:
    tables = leave()
    off = absence(8, at("00:00"), at("00:00"), {"Provider Id": "p1", "Active": False})
    tables["factcaregiverabsence"].append(off)

    assert inserted(tables) == PTO_BOTH_WAYS


@pytest.mark.parametrize(
    ("switches", "keys"),
    [
        ({}, BOTH_WAYS),
        ({"detect_pto": True}, BOTH_WAYS | PTO_BOTH_WAYS),
        ({"detect_inservice": False}, set()),
    ],
)
def test_pto_is_off_and_inservice_on_unless_it_is_said(switches: dict[str, bool], keys: set[Key]) -> None:
    tables = training(factcaregiverabsence=[absence(7, at("00:00"), at("00:00"))])

    assert detect(tables, **switches).inserted.keys() == keys


@pytest.mark.parametrize(
    ("visit_state", "event_state", "reason"),
    [("NY", "NJ", {"cross_state": 2}), ("NY", "New York", {}), (None, "NJ", {}), ("NY", None, {})],
)
def test_an_event_lies_in_the_state_of_its_provider(
    visit_state: str | None, event_state: str | None, reason: dict[str, int]
) -> None:
    providers = [
        provider("p1", **{"Address State": visit_state}),
        provider("p2", **{"Address State": event_state}),
    ]

    outcome = detect(training(dimprovider=providers))

    assert outcome.counts[Kind.INSERVICE].not_admitted == reason


@pytest.mark.parametrize(("limit", "keys"), [(1, 0), (2, 4), (0, 4)])
def test_an_event_that_meets_too_many_visits_is_not_admitted(limit: int, keys: int) -> None:
    # Both visits are for one provider, so they are no pair themselves.
    visits = [attended(), attended({"Visit Id": "v3"}), attended({"Visit Id": "v4", "Is Missed": True})]

    outcome = detect(training(factvisitcallperformance_cr=visits), max_visits_per_key=limit)

    assert len(outcome.inserted) == keys
    assert outcome.counts[Kind.INSERVICE].not_admitted == ({} if keys else {"crowded": 4})


def test_bad_events_are_counted_for_the_kinds_that_are_looked_for() -> None:
    tables = training(
        factcaregiverinservice=[
            inservice(1, hours("10:00", "09:00")),
            inservice(2),
            inservice(3, NINE_TO_ELEVEN),
        ],
        factcaregiverabsence=[
            absence(1, None, at("00:00")),
            absence(2, None, at("00:00"), {"Active": False}),
            absence(3, at("02:00"), at("01:00")),
        ],
    )

    assert detect(tables).bad_events == {Kind.INSERVICE: 2}
    assert detect(tables, detect_pto=True).bad_events == {Kind.INSERVICE: 2, Kind.PTO: 1}


def test_the_ids_of_events_are_computed_from_their_numbers() -> None:
    assert {INSERVICE_7, PTO_7} == {
        md5(text, usedforsecurity=False).hexdigest() for text in (b"I7", b"P7.00000")
    }
    new = {
        **detect(training()).inserted,
        **detect(leave(), detect_pto=True).inserted,
    }
    assert new["v1", INSERVICE_7]["ConAppVisitID"] == "7"
    assert new[PTO_7, "v1"]["AppVisitID"] == "7.00000"


FULL: dict[str, Any] = {
    "dimprovider": [
        provider(
            name,
            **{
                "Application Provider Id": Decimal(number),
                "Provider Name": f"Agency {name}" * 20,
                "Federal Tax Number": f"tax {name}",
                "Phone Number 1": f"555-010{number}",
            },
        )
        for number, name in enumerate(("p1", "p2"), start=1)
    ],
    "dimcaregiver": [
        row(
            "dimcaregiver",
            {
                "Caregiver Id": "c1",
                "Application Caregiver Id": Decimal(11),
                "SSN": " 900000001 ",
                "Caregiver Code": "code",
                "Caregiver Fullname": "A B",
                "Caregiver Firstname": "A",
                "Caregiver Lastname": "B",
                "Status": "Active",
            },
        )
    ],
    "dimoffice": [
        row(
            "dimoffice",
            {"Office Id": name, "Application Office Id": Decimal(5), "Office Name": "O", "Is Active": active},
        )
        for name, active in (("o1", True), ("o2", False))
    ],
}


@pytest.mark.parametrize(
    ("office", "columns"),
    [("o1", ("o1", "5", "O")), ("o2", (None, None, None)), (None, (None, None, None))],
    ids=["active", "not active", "none"],
)
def test_the_events_side_has_its_agency_caregiver_office_id_and_dates_and_no_more(
    office: str | None, columns: tuple[str | None, ...]
) -> None:
    new = detect(training({"Office Id": office}, **FULL)).inserted

    expected = {
        "ProviderID": "p2",
        "AppProviderID": "2",
        "ProviderName": ("Agency p2" * 20)[:100],
        "FederalTaxNumber": "tax p2",
        "AgencyPhone": "555-0102",
        "VisitID": INSERVICE_7,
        "AppVisitID": "7",
        "CaregiverID": "c1",
        "AppCaregiverID": 11,
        "AideCode": "code",
        "AideName": "A B",
        "AideFName": "A",
        "AideLName": "B",
        "AideSSN": "900000001",
        "OfficeID": columns[0],
        "AppOfficeID": columns[1],
        "Office": columns[2],
        "InserviceStartDate": at("09:00"),
        "InserviceEndDate": at("11:00"),
    }
    as_primary, as_conflicting = new[INSERVICE_7, "v1"], new["v1", INSERVICE_7]
    assert {name: as_primary[name] for name in expected} == expected
    assert {name: as_conflicting[f"Con{name}"] for name in expected} == expected
    others = [name for name in as_primary if f"Con{name}" in as_primary and name not in expected]
    assert {name for name in others if as_primary[name] is not None} == {"BilledRateMinute"}
    assert {name for name in others if as_conflicting[f"Con{name}"] is not None} == {"BilledRateMinute"}


def test_the_visits_side_is_as_in_a_pair_of_visits_with_the_visits_date_in_both() -> None:
    places = {"Call In GPS Coordinates": "1.5,1", "Call Out GPS Coordinates": "2.5,2", "Visit Date": NEXT_DAY}
    new = detect(training(**FULL, factvisitcallperformance_cr=[attended(places)])).inserted
    as_primary, as_conflicting = new["v1", INSERVICE_7], new[INSERVICE_7, "v1"]

    assert (as_primary["PLatitude"], as_conflicting["ConPLatitude"]) == ("2.5", "1.5")
    assert (as_primary["AideStatus"], as_primary["ConAideStatus"]) == ("Active", None)
    assert (as_conflicting["AideStatus"], as_conflicting["ConAideStatus"]) == (None, "Active")
    assert (as_primary["AgencyPhone"], as_conflicting["ConAgencyPhone"]) == ("555-0101", "555-0101")
    assert {new_row["VisitDate"] for new_row in new.values()} == {NEXT_DAY}
    assert {new_row["SSN"] for new_row in new.values()} == {"900000001"}


@pytest.mark.parametrize(
    ("tables", "flags"), [(training(), ("Y", "N")), (leave(), ("N", "Y"))], ids=["in-service", "PTO"]
)
def test_a_new_event_row_has_the_flag_of_its_kind_and_no_rule(tables: Tables, flags: tuple[str, str]) -> None:
    for new in detect(tables, detect_pto=True).inserted.values():
        assert (new["InServiceFlag"], new["PTOFlag"]) == flags
        assert {new[name] for name in RULE_COLUMNS} == {"N"}
        assert {new[name] for name in TRAVEL_COLUMNS} == {None}


def test_the_dates_of_an_absence_are_as_they_are_stored() -> None:
    start, end = at("07:30"), at("00:00", NEXT_DAY)

    new = detect(leave(factcaregiverabsence=[absence(7, start, end)]), detect_pto=True).inserted

    dates = {name: value for name, value in new["v1", PTO_7].items() if name in GUARD_COLUMNS and value}
    assert dates == {"ConPTOStartDate": start, "ConPTOEndDate": end}
    assert kind_of(new[PTO_7, "v1"]) is Kind.PTO


def test_one_event_id_in_two_environments_makes_one_row_a_key_that_of_the_lowest_provider() -> None:
    tables = training(
        factcaregiverinservice=[
            inservice(7, NINE_TO_ELEVEN, {"Environment": "e1", "Provider Id": "p3"}),
            inservice(7, NINE_TO_ELEVEN, {"Environment": "e2", "Provider Id": "p2"}),
        ],
        dimprovider=[provider(f"p{n}") for n in (1, 2, 3)],
    )

    outcome = detect(tables)

    assert outcome.inserted.keys() == BOTH_WAYS
    assert outcome.inserted["v1", INSERVICE_7]["ConProviderID"] == "p2"
    assert outcome.counts[Kind.INSERVICE].there_already == 2


# Rows that were there, and their update, which leaves these columns to what computes them.
COMPUTED = (
    *("ReverseUUID", "ShVTSTTime", "ShVTENTime", "CShVTSTTime", "CShVTENTime"),
    *("BilledRateMinute", "ConBilledRateMinute"),
)


def event_row(values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row of visit v1 and training 7 of p2, with an old name, time and status."""
    return pair(
        {
            "ConVisitID": INSERVICE_7,
            "ConAppVisitID": "7",
            "ConProviderID": "p2",
            "ConInserviceStartDate": at("01:00"),
            "ConInserviceEndDate": at("02:00"),
            "InServiceFlag": "N",
            "PTOFlag": "N",
            "ConAideStatus": "old",
            "ResolveDate": at("08:00"),
            "CRDATEUNIQUE": at("08:00"),
            **(values or {}),
        }
    )


def after(tables: Tables, old: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The row as the cycle leaves it."""
    return detect({**tables, "conflictvisitmaps": [old]}, **changes).known.rows[Decimal(1)]


def test_a_redetected_event_row_is_rewritten_but_for_its_rules_and_parent() -> None:
    new = after(training(), event_row({"SameVisitTimeFlag": "Y", "DistanceFlag": None}))

    assert (new["ConInserviceStartDate"], new["ConInserviceEndDate"]) == NINE_TO_ELEVEN
    assert (new["InServiceFlag"], new["PTOFlag"], new["ConAideStatus"]) == ("Y", "N", None)
    assert (new["SameVisitTimeFlag"], new["DistanceFlag"], new["CONFLICTID"]) == ("Y", None, 7)
    assert (new["StatusFlag"], new["ResolveDate"], new["UpdateFlag"]) == ("U", None, None)
    assert new["UpdatedDate"] == NOW


@pytest.mark.parametrize(("old", "new"), [("N", "Y"), ("Y", "Y"), (None, None)])
def test_the_flag_of_the_kind_changes_only_from_n(old: str | None, new: str | None) -> None:
    assert after(training(), event_row({"InServiceFlag": old}))["InServiceFlag"] == new


@pytest.mark.parametrize(
    ("tables", "old"),
    [
        pytest.param(training(factcaregiverinservice=[]), {}, id="event gone"),
        pytest.param(training(), {"ConProviderID": "p3"}, id="event of another provider"),
        pytest.param(training(), {"ConVisitID": "0" * 32}, id="other event"),
        pytest.param(training(), {"VisitID": "v9"}, id="other visit"),
        pytest.param(
            training(factvisitcallperformance_cr=[attended({"Is Missed": True})]), {}, id="visit missed"
        ),
        pytest.param(
            training(factcaregiverinservice=[inservice(7, NINE_TO_ELEVEN, {"Provider Id": "p1"})]),
            {"ConProviderID": "p1"},
            id="same provider",
        ),
    ],
)
def test_an_event_row_that_is_not_redetected_keeps_its_values_and_the_mark(
    tables: Tables, old: dict[str, Any]
) -> None:
    before = event_row(old)

    new = after(tables, before)

    changed = {name for name in before if new[name] != before[name]}
    assert changed <= {"UpdateFlag", *COMPUTED}
    assert new["UpdateFlag"] == 1


def test_filters_and_limits_of_the_inserts_play_no_part_in_the_update() -> None:
    providers = [provider("p1", **{"Address State": "NY"}), provider("p2", **{"Address State": "NJ"})]
    visits = [attended(), attended({"Visit Id": "v3"})]
    tables = training(dimprovider=providers, factvisitcallperformance_cr=visits)

    assert after(tables, event_row(), max_visits_per_key=1)["UpdateFlag"] is None


def test_the_row_with_the_event_as_primary_is_updated_too() -> None:
    old = pair(
        {
            "VisitID": INSERVICE_7,
            "ProviderID": "p2",
            "ConVisitID": "v1",
            "InserviceStartDate": at("01:00"),
            "InserviceEndDate": at("02:00"),
        }
    )

    new = after(training(), old)

    assert (new["InserviceStartDate"], new["ConVisitStartTime"]) == (at("09:00"), at("09:00"))


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        pytest.param({}, {"detect_inservice": False}, id="kind switched off"),
        pytest.param({"ConInserviceEndDate": None}, {}, id="one date only"),
        pytest.param(
            {"InserviceStartDate": at("01:00"), "InserviceEndDate": at("01:00")}, {}, id="both sides"
        ),
        pytest.param({"ConPTOStartDate": at("01:00"), "ConPTOEndDate": at("01:00")}, {}, id="both kinds"),
    ],
)
def test_rows_of_no_kind_and_of_a_kind_that_is_off_are_not_marked(
    old: dict[str, Any], changes: dict[str, Any]
) -> None:
    before = event_row(old)
    outcome = detect(training(conflictvisitmaps=[before]), **changes)

    new = outcome.known.rows[Decimal(1)]
    assert {name for name in before if new[name] != before[name]} <= {*COMPUTED}
    assert (outcome.known.eligible, outcome.known.guarded) == (1, 1)
    assert outcome.rows_of_no_kind == (0 if changes else 1)


@pytest.mark.parametrize(
    ("old", "stopped"),
    [
        ({"ConVisitID": INSERVICE_7.upper()}, 1),
        ({"ConVisitID": f"{INSERVICE_7[:8]}-{INSERVICE_7[8:]}"}, 1),
        ({"ConAppVisitID": "7.00000"}, 1),
        ({"ConAppVisitID": ""}, 1),
        ({"ConAppVisitID": None}, 0),
        ({"ConVisitID": None}, 0),
        ({"ConVisitID": "0" * 32}, 0),
        # The other side is the visit's, and a row without a parent counts like any other.
        ({"VisitID": "v-1", "AppVisitID": "x"}, 0),
        ({"ConAppVisitID": "7.0", "CONFLICTID": None, "VisitDate": None}, 1),
    ],
    ids=str,
)
def test_a_row_that_names_its_event_in_another_form_stops_its_kind(old: dict[str, Any], stopped: int) -> None:
    other = inservice(8, NINE_TO_ELEVEN)
    tables = training(conflictvisitmaps=[event_row(old)])
    tables["factcaregiverinservice"].append(other)
    tables["factcaregiverabsence"] = [absence(7, at("00:00"), at("00:00"))]

    outcome = detect(tables, detect_pto=True)

    assert outcome.stopped == ({Kind.INSERVICE: 1} if stopped else {})
    assert (Kind.INSERVICE in outcome.counts) == (not stopped)
    assert outcome.inserted.keys() >= PTO_BOTH_WAYS
    if stopped:
        assert outcome.inserted.keys() == PTO_BOTH_WAYS
        assert outcome.known.rows[Decimal(1)]["UpdateFlag"] is None


def test_a_form_is_looked_at_only_for_a_kind_that_is_looked_for() -> None:
    assert (
        detect(
            training(conflictvisitmaps=[event_row({"ConAppVisitID": "x"})]), detect_inservice=False
        ).stopped
        == {}
    )
