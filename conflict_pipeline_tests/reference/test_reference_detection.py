"""New pairs of visits in the reference: boundary cases worked out by hand from detect.md, D, X, I1 and I3."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline_tests.reference.detection import Key, is_crowded
from conflict_pipeline_tests.reference.kinds import Kind
from conflict_pipeline_tests.reference.states import state
from conflict_pipeline_tests.reference.whole_cycle import Outcome
from conflict_pipeline_tests.reference.world import (
    DAY,
    DETECTED_AT,
    UTC,
    Tables,
    at,
    detect,
    detection_settings,
    hours,
    kept_visit,
    new_world,
    pair,
    provider,
    row,
)

NINE_TO_ELEVEN = hours("09:00", "11:00")
BOTH_WAYS: set[Key] = {("v1", "v2"), ("v2", "v1")}
HOME = {"Primary Address": True, "Address Type": "GPS"}


def equal_visits(values: Any = (), *, number: int = 2, open_: bool = False) -> list[dict[str, Any]]:
    """Visits whose times are equal, for providers p1, p2, …; `values` are columns of the second one."""
    times = {"scheduled": NINE_TO_ELEVEN} if open_ else {"actual": NINE_TO_ELEVEN}
    return [kept_visit(n, dict(values) if n == 2 else {}, **times) for n in range(1, number + 1)]


def too_far_apart(**tables: list[dict[str, Any]]) -> Tables:
    """A world in which only rule 7 holds, whichever visit is the primary one."""
    visits = (
        kept_visit(
            1, {"Call In GPS Coordinates": "0,0", "Provider Patient Id": "pp1"}, actual=NINE_TO_ELEVEN
        ),
        kept_visit(
            2,
            {"Call In GPS Coordinates": "0,1", "Provider Patient Id": "pp2"},
            actual=hours("11:01", "12:00"),
        ),
    )
    return new_world(*visits, **tables)


def address(patient: str, **values: Any) -> dict[str, Any]:
    return row(
        "dimpatientaddress", {"Patient Address Id": f"a_{patient}", "Patient Id": patient, **HOME, **values}
    )


def reasons(outcome: Outcome) -> dict[str, int]:
    return dict(outcome.counts[Kind.VISIT_PAIR].not_admitted)


@pytest.mark.parametrize(
    ("values", "inserted"),
    [
        pytest.param({}, BOTH_WAYS, id="as it should be"),
        pytest.param({"Is Missed": True}, set(), id="missed"),
        pytest.param({"Is Missed": None}, set(), id="missed unknown"),
        pytest.param({"Provider Id": "p1"}, set(), id="same provider"),
        pytest.param({"Visit Date": DAY - timedelta(days=1)}, set(), id="other date"),
        pytest.param({"Caregiver Id": "c2"}, set(), id="other SSN"),
        pytest.param({"Caregiver Id": "c3"}, BOTH_WAYS, id="other caregiver with the SSN"),
        pytest.param({"Visit End Time": None}, set(), id="neither open nor done"),
        pytest.param({"Visit Start Time": at("11:00"), "Visit End Time": at("12:00")}, set(), id="touching"),
        pytest.param(
            {"Visit Start Time": at("10:59"), "Visit End Time": at("12:00")}, BOTH_WAYS, id="overlap"
        ),
    ],
)
def test_two_visits_that_were_kept_and_conflict_are_inserted_both_ways(
    values: dict[str, Any], inserted: set[Key]
) -> None:
    caregivers = [("c1", " 900000001 "), ("c2", "900000002"), ("c3", "900000001")]
    tables = new_world(
        *equal_visits(values),
        dimcaregiver=[row("dimcaregiver", {"Caregiver Id": name, "SSN": ssn}) for name, ssn in caregivers],
    )

    assert detect(tables).inserted.keys() == inserted


@pytest.mark.parametrize(
    ("days", "inserted"),
    [(-2, set()), (-1, BOTH_WAYS), (1, BOTH_WAYS), (2, set())],
    ids=["before the window", "its first day", "its last day", "after it"],
)
def test_both_ends_of_the_window_belong_to_it(days: int, inserted: set[Key]) -> None:
    visits = [
        kept_visit(n, {"Visit Date": DAY + timedelta(days=days)}, actual=NINE_TO_ELEVEN) for n in (1, 2)
    ]

    assert detect(new_world(*visits)).inserted.keys() == inserted


@pytest.mark.parametrize(
    ("table", "values", "inserted"),
    [
        ("excluded_ssn", {"SSN": None}, BOTH_WAYS),
        ("excluded_ssn", {"SSN": "900000001  "}, set()),
        ("excluded_agency", {"ProviderID": None}, BOTH_WAYS),
        ("excluded_agency", {"ProviderID": "p2"}, set()),
    ],
)
def test_a_null_in_an_excluded_table_excludes_nothing(
    table: str, values: dict[str, Any], inserted: set[Key]
) -> None:
    tables = new_world(*equal_visits(), **{table: [row(table, {"ID": Decimal(1), **values})]})

    assert detect(tables).inserted.keys() == inserted


@pytest.mark.parametrize(
    ("today", "open_", "reason"),
    [
        pytest.param(DAY, True, {}, id="today"),
        pytest.param(DAY + timedelta(days=1), True, {"past_schedule": 2}, id="yesterday"),
        pytest.param(DAY + timedelta(days=1), False, {}, id="done yesterday"),
    ],
)
def test_past_schedules_are_not_admitted(today: date, open_: bool, reason: dict[str, int]) -> None:
    assert reasons(detect(new_world(*equal_visits(open_=open_)), today=today)) == reason


def test_a_past_schedule_against_a_visit_that_is_done_is_admitted() -> None:
    visits = (kept_visit(1, scheduled=NINE_TO_ELEVEN), kept_visit(2, actual=NINE_TO_ELEVEN))

    outcome = detect(new_world(*visits), today=DAY + timedelta(days=1))

    assert outcome.counts[Kind.VISIT_PAIR].inserted_by_rule == {"SchAndVisitTimeSameFlag": 2}


@pytest.mark.parametrize(
    ("zips", "reason"),
    [
        (("10001", "10001"), {"same_zip": 2}),
        ((" 10001", "10001 "), {"same_zip": 2}),
        (("10001", "10001-1234"), {}),
        (("10001", "10002"), {}),
        (("", " "), {}),
        ((None, None), {}),
        (("10001", None), {}),
    ],
)
def test_a_distance_within_one_zip_is_not_admitted(
    zips: tuple[str | None, str | None], reason: dict[str, int]
) -> None:
    addresses = [address(f"pp{n}", **{"Zip Code": text}) for n, text in enumerate(zips, start=1)]

    assert reasons(detect(too_far_apart(dimpatientaddress=addresses))) == reason


def test_one_zip_excuses_no_overlap() -> None:
    visits = [kept_visit(n, {"Provider Patient Id": "pp1"}, actual=NINE_TO_ELEVEN) for n in (1, 2)]

    outcome = detect(new_world(*visits, dimpatientaddress=[address("pp1", **{"Zip Code": "10001"})]))

    assert outcome.inserted.keys() == BOTH_WAYS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (" ny ", "NY"),
            ("New York", "NY"),
            ("LONG ISLAND", "NY"),
            ("Li", "NY"),
            ("district of columbia", "DC"),
        ),
        *(("puerto rico", "PR"), ("AE", "AE"), ("N.Y.", None), ("NEW  YORK", None), ("XX", None), ("", None)),
        (None, None),
    ],
)
def test_a_state_is_known_by_its_code_or_its_full_name(text: str | None, code: str | None) -> None:
    assert state(text) == code


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        # Of each side: the provider patient's state, the payer patient's, the provider's.
        pytest.param(("NY", None, None), ("NJ", None, None), {"cross_state": 2}, id="two states"),
        pytest.param(("NY", None, None), ("new york", None, None), {}, id="one state in two spellings"),
        pytest.param(("NY", "NJ", None), ("PA", "nj", None), {}, id="one state shared"),
        pytest.param(("NY", "CT", None), ("PA", "NJ", None), {"cross_state": 2}, id="none of four shared"),
        pytest.param(
            ("N.Y.", None, "NJ"), ("NY", None, None), {"cross_state": 2}, id="unknown: the provider's"
        ),
        pytest.param(
            ("NY", None, "NJ"), ("NJ", None, "NJ"), {"cross_state": 2}, id="known: not the provider's"
        ),
        pytest.param((None, None, None), ("NJ", None, None), {}, id="one side unknown"),
        pytest.param((None, None, "?"), (None, None, ""), {}, id="both sides unknown"),
        pytest.param(
            (None, "NY", None), (None, None, "NJ"), {"cross_state": 2}, id="payer's against provider's"
        ),
    ],
)
def test_sides_that_lie_in_different_states_are_not_admitted(
    first: tuple[str | None, ...], second: tuple[str | None, ...], reason: dict[str, int]
) -> None:
    visits = [
        kept_visit(n, {"Provider Patient Id": f"pp{n}", "Payer Patient Id": f"pa{n}"}, actual=NINE_TO_ELEVEN)
        for n in (1, 2)
    ]
    sides = list(enumerate((first, second), start=1))
    tables = new_world(
        *visits,
        dimpatientaddress=[
            address(f"{kind}{n}", **{"Address State": side[place]})
            for n, side in sides
            for place, kind in enumerate(("pp", "pa"))
        ],
        dimprovider=[provider(f"p{n}", **{"Address State": side[2]}) for n, side in sides],
    )

    assert reasons(detect(tables)) == reason
    assert reasons(detect(tables, cross_state_filter=False)) == {}


@pytest.mark.parametrize(
    ("limit", "reason"), [(2, {"crowded": 6}), (3, {}), (0, {})], ids=["over", "at the limit", "no limit"]
)
def test_a_crowded_key_is_not_admitted_and_missed_visits_make_no_crowd(
    limit: int, reason: dict[str, int]
) -> None:
    missed = [kept_visit(n, {"Is Missed": True, "Provider Id": "p1"}, actual=NINE_TO_ELEVEN) for n in (7, 8)]
    providers = [provider(f"p{n}") for n in (1, 2, 3)]

    outcome = detect(
        new_world(*equal_visits(number=3), *missed, dimprovider=providers), max_visits_per_key=limit
    )

    assert reasons(outcome) == reason
    assert outcome.counts[Kind.VISIT_PAIR].candidates == 6


def test_500_visits_are_no_crowd_and_501_are() -> None:
    settings = detection_settings()

    assert [is_crowded(visits, settings) for visits in (500, 501)] == [False, True]


def test_the_first_reason_is_the_one_that_counts() -> None:
    states = [provider("p1", **{"Address State": "NY"}), provider("p2", **{"Address State": "NJ"})]
    zips = [address(patient, **{"Zip Code": "10001"}) for patient in ("pp1", "pp2")]
    past = new_world(*equal_visits(open_=True), dimprovider=states)
    far = too_far_apart(dimprovider=states, dimpatientaddress=zips)
    crowd = {"max_visits_per_key": 1}

    assert reasons(detect(past, today=DAY + timedelta(days=1), **crowd)) == {"past_schedule": 2}
    assert reasons(detect(far, **crowd)) == {"same_zip": 2}
    assert reasons(detect(new_world(*equal_visits(), dimprovider=states), **crowd)) == {"cross_state": 2}


def test_a_distance_that_holds_in_one_direction_only_gives_one_row() -> None:
    # v1 ends where v2 begins, but begins a degree away: only v1 as the conflicting visit is too far away.
    places = {"Call In GPS Coordinates": "0,1", "Call Out GPS Coordinates": "0,0"}
    visits = (
        kept_visit(1, places, actual=NINE_TO_ELEVEN),
        kept_visit(2, {"Call In GPS Coordinates": "0,0"}, actual=hours("11:01", "12:00")),
    )

    outcome = detect(new_world(*visits))

    assert outcome.inserted.keys() == {("v2", "v1")}
    assert outcome.counts[Kind.VISIT_PAIR].one_sided == 1


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        pytest.param(
            ("05:00", "05:30"), ("06:00", "06:30"), "SameSchTimeFlag", id="the hour that comes twice"
        ),
        pytest.param(("05:00", "06:30"), ("07:00", "07:30"), None, id="after it"),
    ],
)
def test_schedules_are_compared_by_the_clock_of_a_day_of_25_hours(
    first: tuple[str, str], second: tuple[str, str], rule: str | None
) -> None:
    # New York leaves summer time at 06:00 UTC: 05:00 and 06:00 are both 01:00 there.
    day = date(2025, 11, 2)
    scheduled = [tuple(at(clock, day) for clock in clocks) for clocks in (first, second)]
    visits = [kept_visit(n, {"Visit Date": day}, scheduled=scheduled[n - 1]) for n in (1, 2)]  # type: ignore[arg-type]
    settings: dict[str, Any] = {
        "zone": ZoneInfo("America/New_York"),
        "today": day,
        "window": Window(day, day),
    }

    outcome = detect(new_world(*visits), **settings)

    assert set(outcome.counts[Kind.VISIT_PAIR].inserted_by_rule) == ({rule} if rule else set())
    assert detect(new_world(*visits), **{**settings, "zone": UTC}).inserted == {}


def test_schedules_are_compared_by_the_clock_of_a_day_of_23_hours() -> None:
    # New York enters summer time at 07:00 UTC: from 06:30 to 07:30 its clocks go from 01:30 to 03:30.
    day = date(2025, 3, 9)
    visits = (
        kept_visit(1, {"Visit Date": day}, scheduled=(at("06:30", day), at("07:30", day))),
        kept_visit(2, {"Visit Date": day}, actual=(at("03:15", day), at("04:00", day))),
    )
    settings: dict[str, Any] = {"today": day, "window": Window(day, day)}

    outcome = detect(new_world(*visits), zone=ZoneInfo("America/New_York"), **settings)

    assert outcome.counts[Kind.VISIT_PAIR].inserted_by_rule == {"SchTimeOverVisitTimeFlag": 2}
    assert detect(new_world(*visits), **settings).inserted == {}


def test_visits_over_midnight_overlap_on_the_date_of_their_visits() -> None:
    late = (at("23:00"), at("00:30", DAY + timedelta(days=1)))
    later = (at("00:00", DAY + timedelta(days=1)), at("01:00", DAY + timedelta(days=1)))

    outcome = detect(new_world(kept_visit(1, actual=late), kept_visit(2, actual=later)))

    assert {row_["VisitDate"] for row_ in outcome.inserted.values()} == {DAY}


@pytest.mark.parametrize(
    "there",
    [
        *({"StatusFlag": status} for status in ("R", "D", "W", None)),
        {"CONFLICTID": None},
        {"VisitDate": DAY - timedelta(days=900)},
        {"VisitDate": None, "SSN": None},
        {"PTOStartDate": at("00:00"), "PTOEndDate": at("00:00")},
        {"InserviceStartDate": at("00:00")},
    ],
    ids=str,
)
def test_a_row_with_its_key_keeps_a_pair_out_whatever_else_it_is(there: dict[str, Any]) -> None:
    outcome = detect(new_world(*equal_visits(), conflictvisitmaps=[pair(there)]))

    assert outcome.inserted.keys() == {("v2", "v1")}
    assert outcome.counts[Kind.VISIT_PAIR].there_already == 1


@pytest.mark.parametrize("ids", [(None, "v2"), ("v1", None), ("", "v2"), (None, None), ("v2", "v1")])
def test_a_row_with_another_key_keeps_no_pair_out(ids: Key) -> None:
    there = pair({"VisitID": ids[0], "ConVisitID": ids[1]})

    outcome = detect(new_world(*equal_visits(), conflictvisitmaps=[there]))

    assert ("v1", "v2") in outcome.inserted


def test_a_new_row_has_its_rules_as_they_hold_and_nothing_that_comes_later() -> None:
    outcome = detect(new_world(*equal_visits()), accept_new_rows=False)

    new = outcome.inserted["v1", "v2"]
    assert {name: new[name] for name in RULE_COLUMNS} == {
        **dict.fromkeys(RULE_COLUMNS, "N"),
        "SameVisitTimeFlag": "Y",
    }
    assert (new["StatusFlag"], new["CreatedDate"]) == ("U", DETECTED_AT)
    assert (new["InServiceFlag"], new["PTOFlag"]) == ("N", "N")
    later = ("UpdateFlag", "UpdatedDate", "ResolveDate", "ResolvedBy", "GroupID", "AgencyContact", "FAILEDON")
    assert {new[name] for name in later} == {None}


def test_columns_that_only_an_insert_fills_are_cut_to_their_width() -> None:
    patients = [row("dimpatient", {"Patient Id": name, "Status": name * 20}) for name in ("pp", "pa")]
    visits = equal_visits()
    visits[0].update({"Provider Patient Id": "pp", "Payer Patient Id": "pa"})
    providers = [provider("p1", **{"Phone Number 1": "555-0100"}), provider("p2")]

    new = detect(new_world(*visits, dimpatient=patients, dimprovider=providers)).inserted

    primary, conflicting = new["v1", "v2"], new["v2", "v1"]
    assert (primary["AgencyPhone"], primary["ConAgencyPhone"]) == ("555-0100", None)
    assert (primary["P_PStatus"], primary["PA_PStatus"]) == ("pp" * 20, ("pa" * 20)[:20])
    assert (conflicting["ConP_PStatus"], conflicting["ConPA_PStatus"]) == (("pp" * 20)[:20], ("pa" * 20)[:20])
    assert conflicting["ConAgencyPhone"] == "555-0100"


def test_counts_are_by_rule_and_reason() -> None:
    outcome = detect(new_world(*equal_visits(), conflictvisitmaps=[pair({})]))

    counts = outcome.counts[Kind.VISIT_PAIR]
    assert (counts.candidates, counts.there_already, counts.inserted, counts.one_sided) == (2, 1, 1, 0)
    assert counts.candidates_by_rule == {"SameVisitTimeFlag": 2}
    assert counts.inserted_by_rule == {"SameVisitTimeFlag": 1}


def test_settings_without_exactly_one_row_stop_the_cycle() -> None:
    with pytest.raises(ValueError, match="exactly one row"):
        detect(new_world(settings=[]))
