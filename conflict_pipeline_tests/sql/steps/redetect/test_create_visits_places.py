"""Patients, their addresses, and where a visit was (docs/rules.md, "Visits" and "Coordinates").

With test_create_visits.py these are the tests of create_visits.sql.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import change, insert, pair, small_world, visit
from conflict_pipeline_tests.sql.steps.redetect.steps import visits

FACT = "factvisitcallperformance_cr"
HOME = (40.0, -73.0)
TINY = "0." + "0" * 80 + "1e-99"


@pytest.fixture
def world(scratch: Session) -> Session:
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


def test_both_patients_come_with_their_addresses(world: Session) -> None:
    for name in ("t1", "t2"):
        insert(world, "dimpatient", **{"Patient Id": name, "Patient Name": f"name of {name}"})
        address(world, f"a{name}", **{"Patient Id": name, "City": f"city of {name}"})

    row = visits(world)["v1"]

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
    world: Session, columns: dict[str, Any], counts: bool
) -> None:
    address(world, "a1", **columns)

    assert visits(world)["v1"]["P_PAddressID"] == ("a1" if counts else None)


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
    world: Session, first: tuple[int | None, str], second: tuple[int | None, str]
) -> None:
    for year, name in (second, first, second):
        created = year and datetime(year, 1, 1, tzinfo=UTC)
        if not any(name == row["Patient Address Id"] for row in _addresses(world)):
            address(world, name, **{"Application Created UTC Timestamp": created})

    assert visits(world)["v1"]["P_PAddressID"] == first[1]


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
    world: Session,
    call_in: str | None,
    call_out: str | None,
    primary: tuple[float, float],
    conflicting: tuple[float, float],
) -> None:
    address(world, "a1")
    texts(world, call_in, call_out)

    assert places(world) == {"primary": primary, "conflicting": conflicting}


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
def test_a_gps_text_of_two_numbers_is_a_place(world: Session, text: str, place: tuple[float, float]) -> None:
    texts(world, text, None)

    assert places(world)["primary"] == place
    assert visits(world)["v1"]["bad_gps"] == 0


@pytest.mark.parametrize("text", [None, ",", '","', '",', '"",""'])
def test_no_text_and_a_comma_alone_are_no_place_and_not_bad(world: Session, text: str | None) -> None:
    texts(world, text, text)

    assert places(world)["primary"] == (None, None)
    assert visits(world)["v1"]["bad_gps"] == 0


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
def test_any_other_text_is_bad_and_passed_over_and_counted(world: Session, text: str) -> None:
    address(world, "a1")
    texts(world, text, text)

    assert places(world)["primary"] == HOME
    assert visits(world)["v1"]["bad_gps"] == 2


def test_a_number_too_small_for_anything_is_read_all_the_same(world: Session) -> None:
    texts(world, f"{TINY},0", None)

    latitude, longitude = places(world)["primary"]

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
    world: Session, latitude: Any, longitude: Any, place: tuple[float | None, float | None]
) -> None:
    address(world, "a1", Latitude=latitude, Longitude=longitude)

    assert places(world) == {"primary": place, "conflicting": place}


def _addresses(session: Session) -> list[dict[str, Any]]:
    return session.conn.execute("SELECT * FROM analytics.dimpatientaddress").fetchall()
