"""What the update writes: marks, values, rule columns, status, and rows that leave their chunk."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger, run
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS, Chunk
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import (
    DAY,
    SSN,
    Row,
    at,
    change,
    clear,
    equal_visits,
    insert,
    pair,
    read,
    visit,
)
from conflict_pipeline_tests.steps.redetect_statements import (
    find_pairs,
    plan,
    planned,
    take_every_row,
    update,
)


def mark(session: Session) -> int:
    """Marks after the pairs of every row have been found; returns how many rows it wrote."""
    take_every_row(session)
    values = planned(session)
    find_pairs(session, values)
    return session.execute("steps/redetect/mark_undetected_rows", values).rowcount


def flags(session: Session) -> dict[int, int | None]:
    return {int(row["ID"]): row["UpdateFlag"] for row in read(session, "conflictvisitmaps")}


def test_only_what_is_not_detected_again_is_marked(scratch: Session) -> None:
    equal_visits(scratch)
    pair(scratch, 2, ConVisitID="unknown")

    assert mark(scratch) == 1
    assert flags(scratch) == {1: None, 2: 1}


@pytest.mark.parametrize("guard", ["InserviceStartDate", "ConPTOEndDate"])
def test_a_detected_row_that_must_not_be_updated_is_marked(scratch: Session, guard: str) -> None:
    equal_visits(scratch)
    pair(scratch, 2, **{guard: "2026-03-02"})

    assert mark(scratch) == 1
    assert flags(scratch) == {1: None, 2: 1}


def test_a_row_that_bears_the_mark_is_not_written(scratch: Session) -> None:
    pair(scratch, 1, ConVisitID="unknown", UpdateFlag=1)
    pair(scratch, 2, ConVisitID="unknown", UpdateFlag=0)

    assert mark(scratch) == 1
    assert flags(scratch) == {1: 1, 2: 1}


def test_a_row_of_another_chunk_is_not_marked(scratch: Session) -> None:
    equal_visits(scratch)
    take_every_row(scratch)
    pair(scratch, 2, ConVisitID="unknown")
    values = planned(scratch)
    find_pairs(scratch, values)

    assert scratch.execute("steps/redetect/mark_undetected_rows", values).rowcount == 0


@pytest.mark.parametrize("column", ["VisitID", "ConVisitID"])
@pytest.mark.parametrize("name", ["v9", None])
def test_a_row_that_has_got_other_visits_since_is_not_marked(
    scratch: Session, column: str, name: str | None
) -> None:
    pair(scratch)
    take_every_row(scratch)
    change(scratch, "conflictvisitmaps", **{column: name})
    values = planned(scratch)
    find_pairs(scratch, values)

    assert scratch.execute("steps/redetect/mark_undetected_rows", values).rowcount == 0


def test_a_row_without_visits_is(scratch: Session) -> None:
    pair(scratch, VisitID=None, ConVisitID=None)

    assert mark(scratch) == 1


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


# A row's own: they say which row it is, whether it is guarded, and where it was before.
GIVEN = {"ID": 1, "CONFLICTID": 7, "VisitID": "v1", "ConVisitID": "v2", "StatusFlag": "R"}
OLD = {
    "varchar": "#",
    "numeric": -7,
    "boolean": False,
    "date": date(2025, 1, 1),
    "timestamp": at("01:00"),
}


def columns_to_write() -> set[str]:
    with (Path(__file__).parent / "update_columns.csv").open(newline="", encoding="utf-8") as file:
        return {row["target_column"] for row in csv.DictReader(file)}


def old_row(session: Session) -> Row:
    """A row with an old value in every column, but those that would guard it."""
    values: dict[str, Any] = {
        column.name: OLD[column.type_name.partition("(")[0]]
        for column in tables.get_table("conflictvisitmaps").columns
        if not any(guard in column.name for guard in ("Inservice", "PTOStart", "PTOEnd"))
    }
    return insert(session, "conflictvisitmaps", **{**values, **dict.fromkeys(RULE_COLUMNS, "N"), **GIVEN})


def test_the_specification_names_201_columns() -> None:
    assert len(columns_to_write()) == 201


def test_each_of_them_is_written_and_no_other(scratch: Session) -> None:
    equal_visits(scratch)
    scratch.conn.execute("DELETE FROM conflict.conflictvisitmaps")
    change(scratch, "factvisitcallperformance_cr", **{"Is Missed": True})
    before = old_row(scratch)

    update(scratch)

    (after,) = read(scratch, "conflictvisitmaps")
    changed = {name for name in before if after[name] != before[name]}
    # The visits' IDs can only be written as they are, and one rule alone holds.
    unchanged_by_nature = {"VisitID", "ConVisitID", *RULE_COLUMNS} - {"SameSchTimeFlag"}
    assert changed == columns_to_write() - unchanged_by_nature


@pytest.fixture
def moving(scratch: Session) -> Session:
    """The row of two visits of SSN on DAY with equal scheduled times."""
    equal_visits(scratch)
    return scratch


def first_of_two_chunks(session: Session, **columns: Any) -> Chunk:
    """The chunk of the row with these columns, which ends before the key of the visits."""
    change(session, "conflictvisitmaps", **columns)
    pair(session, 2)
    key = run.plan_cycle(session, CycleSettings(1, 1, lookback_years=50), "run").partition_keys[0]
    session.conn.execute('DELETE FROM conflict.conflictvisitmaps WHERE "ID" = 2')
    with ledger.claimed(session, key) as chunk:
        return chunk


@pytest.mark.parametrize("ssn", [SSN, None, "999999999"], ids=["as it was", "from below", "from above"])
def test_a_row_that_stays_in_the_range_is_not_recorded(moving: Session, ssn: str | None) -> None:
    change(moving, "conflictvisitmaps", SSN=ssn)

    update(moving)

    assert read(moving, "conflictvisitmaps")[0]["SSN"] == SSN
    assert not read(moving, "conflict_moved_row")


@pytest.mark.parametrize(
    "columns", [{"SSN": "900000000"}, {"SSN": None}, {"VisitDate": DAY - timedelta(days=1)}]
)
def test_a_row_that_leaves_the_range_is_recorded(moving: Session, columns: dict[str, Any]) -> None:
    chunk = first_of_two_chunks(moving, **columns)

    update(moving, chunk)

    (moved,) = read(moving, "conflict_moved_row")
    assert moved == {"cycle_id": chunk.cycle_id, "row_id": 1, "chunk_id": chunk.chunk_id}
    (row,) = read(moving, "conflictvisitmaps")
    assert (row["VisitDate"], row["SSN"]) == (DAY, SSN)


def test_a_second_update_of_a_recorded_row_is_no_error(moving: Session) -> None:
    chunk = first_of_two_chunks(moving, SSN="900000000")

    counts = [update(moving, chunk)["redetected"] for _ in range(2)]

    assert counts == [1, 1]
    assert len(read(moving, "conflict_moved_row")) == 1
