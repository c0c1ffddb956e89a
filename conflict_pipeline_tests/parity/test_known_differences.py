"""The exact conditions of each class; every difference beyond them is unexpected."""

import pytest

from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.parity.known_differences import KNOWN_DIFFERENCES, UNEXPECTED, classify
from conflict_pipeline.parity.row import COORDINATES
from conflict_pipeline.postgres import tables
from conflict_pipeline_tests.parity.pairs import BASE, Texts, micros, pair

MILES, SPEED, ETA = "DistanceMilesFromLatLng", "AverageMilesPerHour", "ETATravleMinutes"
GAP, FLAG = "MinuteDiffBetweenSch", "DistanceFlag"
NO_PLACE: Texts = {"PLatitude": None, "PLongitude": None}
ELSEWHERE: Texts = {"PLatitude": "40.75", "PLongitude": "-73.9"}
# A row that Snowflake should not have updated, and the same row in Postgres.
UPDATED: Texts = {"UpdateFlag": None, "StatusFlag": "U", "ResolveDate": None}
NOT_UPDATED: Texts = {"UpdateFlag": "1", "StatusFlag": "R", "ResolveDate": micros("01:00")}
PTO: Texts = {"PTOStartDate": micros("08:00")}


def test_no_rule_covers_an_id_a_name_or_a_time() -> None:
    explained = {column for rule in KNOWN_DIFFERENCES for column in rule.columns}

    assert explained == {
        *COORDINATES,
        *RULE_COLUMNS,
        *(MILES, SPEED, ETA, GAP, "StatusFlag", "ResolveDate", "UpdateFlag"),
    }
    assert explained <= {column.name for column in tables.get_table("conflictvisitmaps").columns}


@pytest.mark.parametrize("snowflake", [NO_PLACE, ELSEWHERE, {"PLatitude": "40.712800"}])
def test_coordinates_of_the_address_or_none_are_gps_parsing(snowflake: Texts) -> None:
    assert classify(pair(snowflake=snowflake), "PLatitude") == "gps_parsing"


@pytest.mark.parametrize(
    ("snowflake", "postgres"),
    [
        ({"PLatitude": None}, {}),
        ({"PLatitude": "north"}, {}),
        ({"PLatitude": "140"}, {}),
        ({}, NO_PLACE),
        ({}, {"PLatitude": "91"}),
        ({}, {"PLongitude": None, "PLatitude": "1"}),
    ],
    ids=[
        "Snowflake has a latitude without a longitude",
        "Snowflake has no number",
        "Snowflake has no place on earth",
        "Postgres has none",
        "Postgres has no place on earth",
        "Postgres has a latitude without a longitude",
    ],
)
def test_other_coordinates_are_unexpected(snowflake: Texts, postgres: Texts) -> None:
    assert classify(pair(snowflake=snowflake, postgres=postgres), "PLatitude") == UNEXPECTED


@pytest.mark.parametrize(
    ("column", "value"),
    [(MILES, "3.10"), (MILES, None), (SPEED, "25.00"), (SPEED, None), (ETA, "5"), (ETA, None), (FLAG, "N")],
)
def test_consequences_of_other_coordinates_are_gps_parsing(column: str, value: str | None) -> None:
    assert classify(pair(snowflake={**ELSEWHERE, column: value}), column) == "gps_parsing"


@pytest.mark.parametrize(
    ("column", "snowflake", "postgres"),
    [
        (MILES, {MILES: "3.10"}, {}),
        (MILES, {MILES: "3.10", "PLatitude": "40.712800"}, {}),
        (MILES, {MILES: "3.10", **ELSEWHERE}, {MILES: None, SPEED: None, ETA: None}),
        (MILES, {MILES: "3.10", **ELSEWHERE, "ConPLatitude": None}, {}),
        (ETA, ELSEWHERE, {ETA: "25"}),
        (FLAG, {**ELSEWHERE, FLAG: "Y"}, {FLAG: "N"}),
        (FLAG, {**ELSEWHERE, FLAG: None}, {}),
        (FLAG, {**ELSEWHERE, FLAG: "N", "VisitEndTime": micros("10:59")}, {}),
        (GAP, {**ELSEWHERE, GAP: "3"}, {}),
    ],
    ids=[
        "the same places",
        "the same places, spelled differently",
        "Postgres has no miles between known places",
        "the other place differs inexplicably",
        "Postgres's ETA is wrong",
        "Postgres's flag is wrong",
        "Snowflake's flag is neither",
        "the times differ too",
        "the gap does not depend on coordinates",
    ],
)
def test_differences_that_do_not_follow_from_coordinates_are_unexpected(
    column: str, snowflake: Texts, postgres: Texts
) -> None:
    assert classify(pair(snowflake=snowflake, postgres=postgres), column) == UNEXPECTED


def test_the_eta_of_whole_miles_and_its_flag_are_eta_rounding() -> None:
    row = pair(snowflake={ETA: "20", FLAG: "N"})

    assert [classify(row, column) for column in (ETA, FLAG)] == ["eta_rounding"] * 2


@pytest.mark.parametrize(
    ("column", "snowflake", "postgres"),
    [
        (ETA, {ETA: "19"}, {}),
        (ETA, {ETA: None}, {}),
        (ETA, {ETA: "20"}, {ETA: "23"}),
        (ETA, {ETA: "20", MILES: "10.30"}, {}),
        (ETA, {ETA: "20", SPEED: "31.00"}, {}),
        (FLAG, {FLAG: "Y"}, {FLAG: "N"}),
        (FLAG, {FLAG: "N", MILES: "10.30"}, {}),
        (FLAG, {FLAG: "N", "VisitStartTime": micros("09:01")}, {}),
    ],
)
def test_another_eta_or_flag_is_unexpected(column: str, snowflake: Texts, postgres: Texts) -> None:
    assert classify(pair(snowflake=snowflake, postgres=postgres), column) == UNEXPECTED


def test_a_gap_in_boundaries_of_minutes_is_minute_boundaries() -> None:
    # from 10:59:50 to 11:20:05 are 20.25 minutes, and 21 boundaries
    row = pair(
        both={"VisitEndTime": micros("10:59:50"), "ConVisitStartTime": micros("11:20:05")},
        snowflake={GAP: "21"},
        postgres={GAP: "20"},
    )

    assert classify(row, GAP) == "minute_boundaries"


def test_a_flag_that_follows_from_boundaries_is_minute_boundaries() -> None:
    # 10 miles are 20 minutes, whole or not; 19.67 are between the visits, and 20 boundaries
    row = pair(
        both={
            MILES: "10.00",
            ETA: "20",
            "VisitEndTime": micros("10:59:30"),
            "ConVisitStartTime": micros("11:19:10"),
        },
        snowflake={FLAG: "N"},
    )

    assert classify(row, FLAG) == "minute_boundaries"


def test_a_flag_that_only_both_errors_explain_is_eta_rounding() -> None:
    # 10.4 miles are 20.8 minutes, or 20 of whole miles; between the visits are 19.9, or 20 boundaries
    row = pair(
        both={"VisitEndTime": micros("10:59:30"), "ConVisitStartTime": micros("11:19:24")},
        snowflake={FLAG: "N"},
    )

    assert classify(row, FLAG) == "eta_rounding"


@pytest.mark.parametrize(
    ("snowflake", "postgres", "both"),
    [
        ({GAP: "22"}, {}, {}),
        ({GAP: "20"}, {GAP: "19"}, {}),
        ({GAP: "20"}, {}, {"VisitEndTime": None}),
        ({GAP: "20"}, {}, {"VisitEndTime": micros("11:30")}),
        ({GAP: None}, {}, {}),
        ({GAP: "20", "VisitEndTime": micros("10:59")}, {}, {}),
    ],
    ids=["too many", "wrong in Postgres", "no actual end", "overlapping", "none in Snowflake", "other times"],
)
def test_another_gap_is_unexpected(snowflake: Texts, postgres: Texts, both: Texts) -> None:
    assert classify(pair(snowflake=snowflake, postgres=postgres, both=both), GAP) == UNEXPECTED


@pytest.mark.parametrize("guard", GUARD_COLUMNS)
@pytest.mark.parametrize("column", ["UpdateFlag", "StatusFlag", "ResolveDate"])
def test_an_update_under_in_service_or_pto_is_precedence(guard: str, column: str) -> None:
    assert classify(pair(UPDATED, NOT_UPDATED, {guard: micros("08:00")}), column) == "precedence"


def test_an_update_of_a_row_without_a_parent_is_precedence() -> None:
    marks: Texts = {"UpdateFlag": None}

    assert classify(pair(UPDATED, NOT_UPDATED | marks, {"CONFLICTID": None}), "StatusFlag") == "precedence"


@pytest.mark.parametrize("column", [*RULE_COLUMNS])
def test_a_rule_set_by_such_an_update_is_precedence(column: str) -> None:
    assert classify(pair(UPDATED | {column: "Y"}, NOT_UPDATED | {column: "N"}, PTO), column) == "precedence"
    assert classify(pair(UPDATED | {column: "N"}, NOT_UPDATED | {column: "Y"}, PTO), column) != "precedence"


@pytest.mark.parametrize("column", [*COORDINATES, MILES, SPEED, ETA, GAP])
def test_a_value_computed_by_such_an_update_is_precedence(column: str) -> None:
    assert classify(pair(UPDATED | {column: "1"}, NOT_UPDATED, PTO), column) == "precedence"


@pytest.mark.parametrize(
    ("column", "snowflake", "postgres", "both"),
    [
        ("UpdateFlag", UPDATED, NOT_UPDATED, {}),
        ("UpdateFlag", {"UpdateFlag": "1"}, {"UpdateFlag": None}, PTO),
        ("StatusFlag", {"StatusFlag": "R"}, NOT_UPDATED | {"StatusFlag": "N"}, PTO),
        ("StatusFlag", UPDATED, NOT_UPDATED | {"StatusFlag": "W"}, PTO),
        ("StatusFlag", UPDATED, NOT_UPDATED | {"StatusFlag": None}, PTO),
        ("StatusFlag", UPDATED | {"UpdateFlag": "1"}, NOT_UPDATED, PTO),
        ("ResolveDate", UPDATED | {"ResolveDate": micros("02:00")}, NOT_UPDATED, PTO),
        ("StatusFlag", UPDATED | PTO, NOT_UPDATED, {}),
        ("PTOStartDate", UPDATED | PTO, NOT_UPDATED, {}),
        ("PName", UPDATED, NOT_UPDATED | {"PName": "Ann"}, PTO),
    ],
    ids=[
        "not guarded: perhaps Postgres failed to re-detect it",
        "Postgres updated it",
        "not what the update writes",
        "W stays",
        "NULL stays",
        "not updated",
        "still resolved",
        "guarded in Snowflake only",
        "the guard itself",
        "a name, even if the update empties it",
    ],
)
def test_other_differences_of_guarded_rows_are_unexpected(
    column: str, snowflake: Texts, postgres: Texts, both: Texts
) -> None:
    assert classify(pair(snowflake, postgres, both), column) == UNEXPECTED


@pytest.mark.parametrize("known", [ELSEWHERE, {ETA: "20"}, UPDATED | PTO], ids=["gps", "eta", "precedence"])
@pytest.mark.parametrize("column", ["SSN", "VisitID", "AideName", "AideStatus", "VisitDate", "SchStartTime"])
def test_a_known_difference_in_the_row_hides_no_other(known: Texts, column: str) -> None:
    assert classify(pair(snowflake={**known, column: "other"}), column) == UNEXPECTED


@pytest.mark.parametrize("column", ["UpdateFlag", FLAG, ETA, GAP, "PLatitude"])
def test_nothing_is_concluded_from_columns_that_were_not_compared(column: str) -> None:
    row = pair(UPDATED | {column: "Y"}, NOT_UPDATED | {column: "N"})
    only = type(row)({column: "1"}, {column: "2"})

    assert classify(only, column) == UNEXPECTED
    assert set(BASE) >= {column}
