"""Which visits qualify, what they are enriched from, and where they were."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, WINDOW, change, insert, pair, provider, small_world, visit
from conflict_pipeline_tests.steps.redetect_statements import visits

FACT = "factvisitcallperformance_cr"


@pytest.fixture
def world(scratch: Session) -> Session:
    """Visit v1, which a row names."""
    small_world(scratch)
    pair(scratch)
    visit(scratch, "v1")
    return scratch


def test_only_visits_that_a_row_names_are_read_and_each_once(world: Session) -> None:
    visit(world, "v2")
    visit(world, "v3")
    pair(world, 2, VisitID="v2", ConVisitID="v1")

    assert visits(world).keys() == {"v1", "v2"}


@pytest.mark.parametrize(
    ("ssn", "found"),
    [
        pytest.param(" 900000001  ", SSN, id="spaces around are trimmed"),
        pytest.param("900 000001", "900 000001", id="a space inside stays"),
        pytest.param("\t900000001", "\t900000001", id="a tab is no space"),
        pytest.param("   ", None, id="only spaces"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="NULL"),
    ],
)
def test_a_visit_needs_a_caregiver_with_an_ssn(world: Session, ssn: str | None, found: str | None) -> None:
    change(world, "dimcaregiver", SSN=ssn)

    assert [(row["SSN"], row["AideSSN"]) for row in visits(world).values()] == [(found, found)] * bool(found)


@pytest.mark.parametrize("caregiver", ["unknown", None])
def test_a_visit_without_a_known_caregiver_is_left_out(world: Session, caregiver: str | None) -> None:
    change(world, FACT, **{"Caregiver Id": caregiver})

    assert not visits(world)


@pytest.mark.parametrize("flags", [(False, False), (None, False), (True, True), (True, None), (None, None)])
def test_a_provider_that_is_not_active_or_perhaps_a_demo_is_left_out(
    world: Session, flags: tuple[bool | None, bool | None]
) -> None:
    change(world, "dimprovider", **{"Is Active": flags[0], "Is Demo": flags[1]})

    assert not visits(world)


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        pytest.param(WINDOW["window_start"], True, id="first day"),
        pytest.param(WINDOW["window_end"], True, id="last day"),
        pytest.param(WINDOW["window_start"] - timedelta(days=1), False, id="day before"),
        pytest.param(WINDOW["window_end"] + timedelta(days=1), False, id="day after"),
        pytest.param(None, False, id="NULL"),
    ],
)
def test_the_window_includes_both_its_ends(world: Session, day: date | None, is_in: bool) -> None:
    change(world, FACT, **{"Visit Date": day})

    assert bool(visits(world)) is is_in


@pytest.mark.parametrize(
    ("table", "columns", "is_in"),
    [
        pytest.param("excluded_agency", {"ProviderID": "p1"}, False, id="this provider"),
        pytest.param("excluded_agency", {"ProviderID": "p2"}, True, id="another provider"),
        pytest.param("excluded_agency", {"ProviderID": None}, True, id="no provider"),
        pytest.param("excluded_ssn", {"SSN": "  900000001 "}, False, id="this SSN with spaces"),
        pytest.param("excluded_ssn", {"SSN": "90000000"}, True, id="another SSN"),
        pytest.param("excluded_ssn", {"SSN": None}, True, id="no SSN"),
    ],
)
def test_the_lists_exclude_exactly_whom_they_name(
    world: Session, table: str, columns: dict[str, str | None], is_in: bool
) -> None:
    insert(world, table, ID=1, **columns)

    assert bool(visits(world)) is is_in


@pytest.mark.parametrize("is_missed", [True, False, None])
def test_missed_visits_are_kept(world: Session, is_missed: bool | None) -> None:
    change(world, FACT, **{"Is Missed": is_missed, "Missed Visit Reason": "snow"})

    row = visits(world)["v1"]

    assert (row["IsMissed"], row["MissedVisitReason"]) == (is_missed, "snow")


def test_what_is_looked_up_by_id_comes_along(world: Session) -> None:
    change(world, FACT, **{"Office Id": "o", "Service Code Id": "s", "Visit Updated User Id": "u"})
    insert(world, "dimoffice", **{"Office Id": "o", "Office Name": "North", "Is Active": True})
    service = {"Service Code Id": "s", "Application Service Code Id": 5, "Service Code": "T1019"}
    insert(world, "dimservicecode", **service)
    insert(world, "dimuser", **{"User Id": "u", "User Fullname": "Uma"})

    row = visits(world)["v1"]

    assert [row[name] for name in ("Office", "ServiceCodeID", "AppServiceCodeID", "ServiceCode")] == [
        *("North", "s", 5, "T1019")
    ]
    assert row["LastUpdatedBy"] == "Uma"


@pytest.mark.parametrize("is_active", [False, None])
def test_an_inactive_office_gives_no_name_and_the_visit_stays(world: Session, is_active: bool | None) -> None:
    change(world, FACT, **{"Office Id": "o"})
    insert(world, "dimoffice", **{"Office Id": "o", "Office Name": "North", "Is Active": is_active})

    row = visits(world)["v1"]

    assert (row["OfficeID"], row["Office"]) == ("o", None)


@pytest.mark.parametrize(
    ("payer", "contract", "name"),
    [
        pytest.param((True, False), True, "Payer", id="payer first"),
        pytest.param((False, False), True, "Contract", id="payer inactive"),
        pytest.param((None, False), True, "Contract", id="payer perhaps active"),
        pytest.param((True, True), True, "Contract", id="payer demo"),
        pytest.param((True, None), True, "Contract", id="payer perhaps demo"),
        pytest.param((False, False), False, None, id="both inactive"),
        pytest.param((False, False), None, None, id="contract perhaps active"),
    ],
)
def test_the_contract_is_the_payer_or_else_the_contract(
    world: Session, payer: tuple[bool | None, bool | None], contract: bool | None, name: str | None
) -> None:
    change(world, FACT, **{"Payer Id": "y", "Contract Id": "k"})
    flags = {"Is Active": payer[0], "Is Demo": payer[1]}
    insert(world, "dimpayer", **{"Payer Id": "y", "Payer Name": "Payer", "Payer State": "NY", **flags})
    insert(world, "dimcontract", **{"Contract Id": "k", "Contract Name": "Contract", "Is Active": contract})

    row = visits(world)["v1"]

    assert (row["PayerID"], row["Contract"]) == ("y", name)
    assert row["PayerState"] == ("NY" if name == "Payer" else None)


def test_a_payer_without_a_name_leaves_the_contracts(world: Session) -> None:
    change(world, FACT, **{"Payer Id": "y", "Contract Id": "k"})
    insert(world, "dimpayer", **{"Payer Id": "y", "Is Active": True, "Is Demo": False})
    insert(world, "dimcontract", **{"Contract Id": "k", "Contract Name": "Contract", "Is Active": True})

    assert visits(world)["v1"]["Contract"] == "Contract"


@pytest.mark.parametrize(
    ("payer", "contract", "kind"),
    [
        (0, 6, "Internal"),
        (5, 6, "UPR"),
        (5, 0, "Payer"),
        (0, 0, None),
        (None, 6, None),
        (5, None, None),
        (0, None, None),
        (None, None, None),
    ],
)
def test_the_contract_type_comes_from_both_application_ids(
    world: Session, payer: int | None, contract: int | None, kind: str | None
) -> None:
    change(world, FACT, **{"Application Payer Id": payer, "Application Contract Id": contract})

    assert visits(world)["v1"]["ContractType"] == kind


@pytest.mark.parametrize(("billed", "rate"), [("yes", 20), ("no", 10), ("Yes", 10), ("", 10), (None, 10)])
def test_the_rate_is_the_billed_one_only_where_billed_is_yes(
    world: Session, billed: str | None, rate: int
) -> None:
    change(world, FACT, **{"Billed": billed, "Billed Rate": 20, "Bill Rate Non-Billed": 10})

    assert visits(world)["v1"]["BillRateBoth"] == rate


def test_a_billed_visit_without_a_billed_rate_has_no_rate(world: Session) -> None:
    change(world, FACT, **{"Billed": "yes", "Billed Rate": None, "Bill Rate Non-Billed": 10})

    assert visits(world)["v1"]["BillRateBoth"] is None


@pytest.mark.parametrize(
    ("zone", "clock"), [("UTC", "2026-03-02 14:00"), ("America/New_York", "2026-03-02 09:00")]
)
def test_instants_become_wall_clocks_of_the_report_time_zone(world: Session, zone: str, clock: str) -> None:
    instant = datetime(2026, 3, 2, 14, tzinfo=UTC)
    names = ("Scheduled Start Time", "Scheduled End Time", "Visit Updated Timestamp")
    change(world, FACT, **dict.fromkeys(names, instant))
    world.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])

    row = visits(world)["v1"]

    wanted = datetime.fromisoformat(clock)
    found = {row[name] for name in ("SchStartTime", "SchEndTime", "LastUpdatedDate", "starts_at", "ends_at")}
    assert found == {wanted}


@pytest.mark.parametrize(
    ("actual", "is_done", "counted"),
    [
        pytest.param((None, None), False, ("09:00", "11:00"), id="open: scheduled times"),
        pytest.param(("09:30", "10:30"), True, ("09:30", "10:30"), id="done: actual times"),
        pytest.param(("09:30", None), False, (None, None), id="only started: none"),
        pytest.param((None, "10:30"), False, (None, None), id="only ended: none"),
    ],
)
def test_the_times_that_count_depend_on_open_or_done(
    scratch: Session, actual: Any, is_done: bool, counted: tuple[str | None, str | None]
) -> None:
    small_world(scratch)
    pair(scratch)
    visit(scratch, "v1", scheduled=("09:00", "11:00"), actual=actual)

    row = visits(scratch)["v1"]

    found = [row[name] and f"{row[name]:%H:%M}" for name in ("starts_at", "ends_at")]
    assert (row["is_done"], tuple(found)) == (is_done, counted)


def test_a_name_may_be_as_long_as_the_source_has_it(world: Session) -> None:
    provider(world, "long", **{"Provider Name": "n" * 200})
    change(world, FACT, **{"Provider Id": "long"})

    assert visits(world)["v1"]["ProviderName"] == "n" * 200


HOME = (40.0, -73.0)
TINY = "0." + "0" * 80 + "1e-99"


@pytest.fixture
def placed(scratch: Session) -> Session:
    """Visit v1, which a row names, of patient t1 for the provider and t2 for the payer."""
    small_world(scratch)
    pair(scratch)
    visit(scratch, "v1", {"Provider Patient Id": "t1", "Payer Patient Id": "t2"})
    return scratch


def address(session: Session, name: str, **columns: Any) -> None:
    defaults = {
        "Patient Address Id": name,
        "Patient Id": "t1",
        "Primary Address": True,
        "Address Type": "GPS",
        "Latitude": HOME[0],
        "Longitude": HOME[1],
    }
    insert(session, "dimpatientaddress", **{**defaults, **columns})


def texts(session: Session, call_in: str | None, call_out: str | None) -> None:
    change(session, FACT, **{"Call In GPS Coordinates": call_in, "Call Out GPS Coordinates": call_out})


def places(session: Session) -> dict[str, tuple[float | None, float | None]]:
    row = visits(session)["v1"]
    return {side: (row[f"{side}_latitude"], row[f"{side}_longitude"]) for side in ("primary", "conflicting")}


def test_both_patients_come_with_their_addresses(placed: Session) -> None:
    for name in ("t1", "t2"):
        insert(
            placed,
            "dimpatient",
            **{"Patient Id": name, "Patient Name": f"name of {name}"},
        )
        address(placed, f"a{name}", **{"Patient Id": name, "City": f"city of {name}"})

    row = visits(placed)["v1"]

    assert (row["P_PName"], row["P_PCity"], row["P_PAddressID"]) == ("name of t1", "city of t1", "at1")
    assert (row["PA_PName"], row["PA_PCity"], row["PA_PAddressID"]) == ("name of t2", "city of t2", "at2")


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        pytest.param({"Primary Address": False}, False, id="not primary"),
        pytest.param({"Primary Address": None}, False, id="perhaps primary"),
        pytest.param({"Address Type": "gps"}, False, id="type in lower case"),
        pytest.param({"Address Type": "Home"}, False, id="another type"),
        pytest.param({"Address Type": None}, False, id="no type"),
        pytest.param({"Address Type": "Home, GPS"}, True, id="GPS among others"),
        pytest.param({"Patient Id": "t9"}, False, id="another patient's"),
    ],
)
def test_an_address_counts_if_it_is_primary_and_of_type_gps(
    placed: Session, columns: dict[str, Any], counts: bool
) -> None:
    address(placed, "a1", **columns)

    assert visits(placed)["v1"]["P_PAddressID"] == ("a1" if counts else None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param((2021, "a1"), (2020, "a2"), id="newest first"),
        pytest.param((2020, "a1"), (None, "a2"), id="unknown age last"),
        pytest.param((2020, "a2"), (2020, "a1"), id="then highest ID"),
        pytest.param((2020, "a9"), (2020, "a10"), id="IDs are texts"),
        pytest.param((2020, "a1"), (2020, "B1"), id="compared by code point"),
        pytest.param((None, "a2"), (None, "a1"), id="all of unknown age"),
    ],
)
def test_of_several_addresses_one_counts_whatever_their_order(
    placed: Session, first: tuple[int | None, str], second: tuple[int | None, str]
) -> None:
    for year, name in (second, first, second):
        created = year and datetime(year, 1, 1, tzinfo=UTC)
        if not any(name == row["Patient Address Id"] for row in _addresses(placed)):
            address(placed, name, **{"Application Created UTC Timestamp": created})

    assert visits(placed)["v1"]["P_PAddressID"] == first[1]


@pytest.mark.parametrize(
    ("call_in", "call_out", "primary", "conflicting"),
    [
        pytest.param("1,2", "3,4", (3, 4), (1, 2), id="both"),
        pytest.param("1,2", None, (1, 2), (1, 2), id="only in"),
        pytest.param(None, "3,4", (3, 4), (3, 4), id="only out"),
        pytest.param(None, None, HOME, HOME, id="neither"),
        pytest.param("1,2", "bad", (1, 2), (1, 2), id="out is bad"),
        pytest.param("bad", "3,4", (3, 4), (3, 4), id="in is bad"),
        pytest.param("bad", "91,0", HOME, HOME, id="both bad"),
    ],
)
def test_the_primary_side_prefers_the_call_out_and_the_conflicting_side_the_call_in(
    placed: Session,
    call_in: str | None,
    call_out: str | None,
    primary: tuple[float, float],
    conflicting: tuple[float, float],
) -> None:
    address(placed, "a1")
    texts(placed, call_in, call_out)

    assert places(placed) == {"primary": primary, "conflicting": conflicting}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("40.7128,-74.0060", (40.7128, -74.006)),
        ('"40.7128,-74.0060"', (40.7128, -74.006)),
        ('"40.7128","-74.0060"', (40.7128, -74.006)),
        (" 40.5 ,\t-74 ", (40.5, -74)),
        ("+.5,5.", (0.5, 5)),
        ("1e1,-2E-1", (10, -0.2)),
        ("90,180", (90, 180)),
        ("-90,-180", (-90, -180)),
        ("0,0", (0, 0)),
        ("0" * 97 + "1,2", (1, 2)),
    ],
)
def test_a_gps_text_of_two_numbers_is_a_place(placed: Session, text: str, place: tuple[float, float]) -> None:
    texts(placed, text, None)

    assert places(placed)["primary"] == place
    assert visits(placed)["v1"]["bad_gps"] == 0


@pytest.mark.parametrize("text", [None, ",", '","', '",', '"",""'])
def test_no_text_and_a_comma_alone_are_no_place_and_not_bad(placed: Session, text: str | None) -> None:
    texts(placed, text, text)

    assert places(placed)["primary"] == (None, None)
    assert visits(placed)["v1"]["bad_gps"] == 0


@pytest.mark.parametrize(
    "text",
    [
        *("90.0001,0", "-91,0", "0,180.0001", "0,-181", "1,2,3", "1", "1,", ",1", "", " ", '"', "1;2", "1 2"),
        *(
            "here,there",
            "NaN,0",
            "Infinity,0",
            "0x10,0",
            "1_0,0",
            "1e400,0",
            "1e99,0",
            "--1,0",
            "1-,0",
            "e1,0",
        ),
        *("\u0661,\u0662", "4\u06600,1", "1,2\u00a0", "9" * 100, "9" * 98 + ",0"),
    ],
)
def test_any_other_text_is_bad_and_passed_over_and_counted(placed: Session, text: str) -> None:
    address(placed, "a1")
    texts(placed, text, text)

    assert places(placed)["primary"] == HOME
    assert visits(placed)["v1"]["bad_gps"] == 2


def test_a_number_too_small_for_anything_is_read_all_the_same(placed: Session) -> None:
    texts(placed, f"{TINY},0", None)

    latitude, longitude = places(placed)["primary"]

    assert latitude == pytest.approx(1e-180, rel=1e-6, abs=0)
    assert longitude == 0


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        (90, -180, (90, -180)),
        ("90.00000001", 0, (None, None)),
        (0, "180.00000001", (None, None)),
        (None, 5, (None, 5)),
        (5, None, (5, None)),
    ],
)
def test_an_address_out_of_range_is_nowhere(
    placed: Session,
    latitude: Any,
    longitude: Any,
    place: tuple[float | None, float | None],
) -> None:
    address(placed, "a1", Latitude=latitude, Longitude=longitude)

    assert places(placed) == {"primary": place, "conflicting": place}


def _addresses(session: Session) -> list[dict[str, Any]]:
    return session.conn.execute("SELECT * FROM analytics.dimpatientaddress").fetchall()
