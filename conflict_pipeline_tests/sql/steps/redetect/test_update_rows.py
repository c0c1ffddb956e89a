"""What a re-detected row becomes (docs/rules.md, "Rows")."""

from decimal import Decimal

import pytest

from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import SSN, Row, at, change, clear, equal_visits, insert, pair, read, visit
from conflict_pipeline_tests.sql.steps.redetect.steps import plan, update


@pytest.fixture
def world(scratch: Session) -> Session:
    """The row of two visits with equal scheduled times."""
    equal_visits(scratch)
    return scratch


def updated(session: Session) -> Row:
    """The only row, after its chunk."""
    update(session)
    (row,) = read(session, "conflictvisitmaps")
    return row


@pytest.mark.parametrize(("old", "new"), [("N", "Y"), ("Y", "Y"), (None, None), ("X", "X")])
def test_the_column_of_a_rule_that_holds_changes_only_from_n(
    world: Session, old: str | None, new: str | None
) -> None:
    change(world, "conflictvisitmaps", SameSchTimeFlag=old)

    assert updated(world)["SameSchTimeFlag"] == new


@pytest.mark.parametrize("old", ["N", "Y", None])
def test_the_columns_of_rules_that_do_not_hold_stay(world: Session, old: str | None) -> None:
    others = [rule for rule in RULE_COLUMNS if rule != "SameSchTimeFlag"]
    change(world, "conflictvisitmaps", **dict.fromkeys(others, old))

    row = updated(world)

    assert [row[rule] for rule in others] == [old] * 6


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ({"scheduled": ("09:00", "11:00")}, {"scheduled": ("09:00", "11:00")}, "SameSchTimeFlag"),
        ({"actual": ("09:00", "11:00")}, {"actual": ("09:00", "11:00")}, "SameVisitTimeFlag"),
        ({"scheduled": ("09:00", "11:00")}, {"actual": ("09:00", "11:00")}, "SchAndVisitTimeSameFlag"),
        ({"scheduled": ("09:00", "11:00")}, {"scheduled": ("10:00", "12:00")}, "SchOverAnotherSchTimeFlag"),
        ({"actual": ("09:00", "11:00")}, {"actual": ("10:00", "12:00")}, "VisitTimeOverAnotherVisitTimeFlag"),
        ({"scheduled": ("09:00", "11:00")}, {"actual": ("10:00", "12:00")}, "SchTimeOverVisitTimeFlag"),
        ({"actual": ("09:00", "11:00")}, {"actual": ("11:05", "12:00")}, "DistanceFlag"),
    ],
)
def test_each_rule_has_its_own_column_and_its_own_count(
    world: Session, first: Row, second: Row, rule: str
) -> None:
    clear(world, "factvisitcallperformance_cr")
    visit(world, "v1", {"Call In GPS Coordinates": "0,0"}, **first)
    visit(world, "v2", {"Call In GPS Coordinates": "0,1"}, **second)

    counts = update(world)

    (row,) = read(world, "conflictvisitmaps")
    assert {name: row[name] for name in RULE_COLUMNS} == {**dict.fromkeys(RULE_COLUMNS, "N"), rule: "Y"}
    assert counts["redetected_by_rule"] == {**dict.fromkeys(RULE_COLUMNS, 0), rule: 1}


@pytest.mark.parametrize(
    ("old", "new"), [("W", "W"), ("I", "I"), (None, None), ("R", "U"), ("U", "U"), ("D", "U"), ("w", "U")]
)
def test_status_w_and_i_and_null_stay_and_any_other_becomes_u(
    world: Session, old: str | None, new: str | None
) -> None:
    change(world, "conflictvisitmaps", StatusFlag=old, ResolveDate="2026-01-01")

    row = updated(world)

    assert (row["StatusFlag"], row["ResolveDate"]) == (new, None)


def test_the_mark_goes_and_the_time_of_the_update_comes(world: Session) -> None:
    change(world, "conflictvisitmaps", UpdateFlag=1, UpdatedDate="2020-01-01")
    started = world.conn.execute("SELECT localtimestamp AS now").fetchone()

    row = updated(world)

    assert started is not None
    assert (row["UpdateFlag"], row["UpdatedDate"]) == (None, started["now"])


def test_the_time_of_the_update_is_the_report_time_zones(world: Session) -> None:
    world.conn.execute("SELECT set_config('TimeZone', 'America/New_York', false)")

    row = updated(world)

    now = world.conn.execute("SELECT now() AT TIME ZONE 'America/New_York' AS clock").fetchone()
    assert now is not None
    assert row["UpdatedDate"] == now["clock"]


def test_the_conflict_id_stays(world: Session) -> None:
    change(world, "conflictvisitmaps", CONFLICTID=123)

    assert updated(world)["CONFLICTID"] == 123


@pytest.mark.parametrize("guard", GUARD_COLUMNS)
def test_any_in_service_or_pto_date_guards_the_row(world: Session, guard: str) -> None:
    change(world, "conflictvisitmaps", **{guard: at("08:00"), "UpdateFlag": 1})
    before = read(world, "conflictvisitmaps")

    counts = update(world)

    assert read(world, "conflictvisitmaps") == before
    assert (counts["redetected"], counts["guarded"]) == (0, 1)
    assert counts["redetected_by_rule"]["SameSchTimeFlag"] == 0


def test_a_guarded_row_counts_as_guarded_also_if_no_rule_holds(world: Session) -> None:
    change(world, "conflictvisitmaps", PTOStartDate="2026-03-02", ConVisitID="unknown")

    assert update(world)["guarded"] == 1


def test_a_row_that_is_not_redetected_keeps_every_value(world: Session) -> None:
    change(world, "conflictvisitmaps", ConVisitID="unknown", UpdateFlag=1, PName="old")
    before = read(world, "conflictvisitmaps")

    counts = update(world)

    assert read(world, "conflictvisitmaps") == before
    assert (counts["redetected"], counts["guarded"]) == (0, 0)


def test_names_too_long_for_their_column_are_cut(world: Session) -> None:
    change(world, "dimprovider", **{"Provider Name": "p" * 200})
    change(world, "dimcaregiver", Status="s" * 50)
    change(
        world,
        "factvisitcallperformance_cr",
        **{"Call Out Device Type": "d" * 100, "Visit Updated User Id": "u", "Contract Id": "k"},
    )
    insert(world, "dimuser", **{"User Id": "u", "User Fullname": "\N{EURO SIGN}" * 511})
    insert(world, "dimcontract", **{"Contract Id": "k", "Contract Name": "k" * 250, "Is Active": True})

    row = updated(world)

    assert [len(row[name]) for name in ("ProviderName", "ConProviderName")] == [100, 100]
    assert [len(row[name]) for name in ("AideStatus", "ConAideStatus")] == [50, 20]
    assert [len(row[name]) for name in ("EVVType", "ConEVVType", "Contract")] == [20, 20, 50]
    assert row["LastUpdatedBy"] == row["ConLastUpdatedBy"] == "\N{EURO SIGN}" * 100


def test_the_plain_patient_is_emptied_and_the_providers_is_filled(world: Session) -> None:
    change(world, "conflictvisitmaps", PName="old", PStatus="old", ConPCity="old", P_PName="old")
    insert(world, "dimpatient", **{"Patient Id": "t", "Patient Name": "new", "Status": "new"})
    change(world, "factvisitcallperformance_cr", **{"Provider Patient Id": "t"})

    row = updated(world)

    assert [row[name] for name in ("PName", "PStatus", "ConPCity")] == [None, None, None]
    assert (row["P_PName"], row["PA_PName"]) == ("new", None)


def test_the_two_sides_are_not_mixed_up(world: Session) -> None:
    change(world, "dimcaregiver", **{"Caregiver Code": "code"})
    insert(world, "dimcaregiver", **{"Caregiver Id": "c2", "SSN": f" {SSN}", "Caregiver Code": "other"})
    clear(world, "factvisitcallperformance_cr")
    visit(world, "v1", scheduled=("09:00", "11:00"))
    visit(world, "v2", {"Caregiver Id": "c2"}, scheduled=("10:00", "12:00"))

    row = updated(world)

    names = ("ProviderID", "AideCode", "CaregiverID", "AideSSN", "VisitID")
    assert [row[name] for name in names] == ["p1", "code", "c1", SSN, "v1"]
    assert [row[f"Con{name}"] for name in names] == ["p2", "other", "c2", SSN, "v2"]
    assert (row["SchStartTime"].hour, row["ConSchStartTime"].hour) == (9, 10)


def test_travel_is_written_in_the_precision_of_its_columns(world: Session) -> None:
    clear(world, "factvisitcallperformance_cr")
    change(world, "mph", AverageMilesPerHour=7)
    gps = ("Call In GPS Coordinates", "Call Out GPS Coordinates")
    places = (("1,1", "40.5,-1e-7"), ("41.5,0", "2,2"))
    visit(world, "v1", dict(zip(gps, places[0], strict=True)), actual=("09:00", "11:00"))
    visit(world, "v2", dict(zip(gps, places[1], strict=True)), actual=("11:00:30", "12:00"))

    row = updated(world)

    assert row["DistanceMilesFromLatLng"] == Decimal("69.09")
    assert (row["AverageMilesPerHour"], row["ETATravleMinutes"], row["MinuteDiffBetweenSch"]) == (7, 592, 1)
    assert (row["PLatitude"], row["PLongitude"]) == ("40.5", "-1e-07")
    assert (row["ConPLatitude"], row["ConPLongitude"]) == ("41.5", "0")


def test_every_row_and_every_bad_text_is_counted(world: Session) -> None:
    for number, columns in (
        (2, {"ConVisitID": "unknown"}),
        (3, {"PTOEndDate": "2026-03-02"}),
        (4, {"VisitID": "v2", "ConVisitID": "v1"}),
    ):
        pair(world, number, **columns)
    gps = {"Call In GPS Coordinates": "bad", "Call Out GPS Coordinates": "0,1"}
    change(world, "factvisitcallperformance_cr", **gps)

    counts = update(world)

    assert (counts["redetected"], counts["guarded"], counts["bad_gps"]) == (2, 1, 2)
    assert counts["redetected_by_rule"]["SameSchTimeFlag"] == 2


def test_a_chunk_without_rows_counts_nothing(scratch: Session) -> None:
    equal_visits(scratch)
    chunk = plan(scratch)
    clear(scratch, "conflictvisitmaps")

    counts = update(scratch, chunk)

    assert [counts[name] for name in ("redetected", "guarded", "bad_gps")] == [0, 0, 0]
    assert counts["redetected_by_rule"] == dict.fromkeys(RULE_COLUMNS, 0)
