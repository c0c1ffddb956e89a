"""Which rows are re-detected by their times: rules 1 to 6 (docs/rules.md, "Pairs and rules").

Rule 7 is in test_create_pairs_travel.py; both test create_pairs.sql.
"""

from datetime import timedelta

import pytest

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import (
    DAY,
    NO_TIMES,
    Clock,
    change,
    clear,
    insert,
    pair,
    provider,
    small_world,
    visit,
)
from conflict_pipeline_tests.sql.steps.redetect.steps import pairs

NINE_TO_ELEVEN = ("09:00", "11:00")

# Two intervals, and whether they are equal or overlap.
INTERVALS = [
    pytest.param(NINE_TO_ELEVEN, NINE_TO_ELEVEN, "equal", id="equal"),
    pytest.param(("09:00", "09:00"), ("09:00", "09:00"), "equal", id="equal moments"),
    pytest.param(NINE_TO_ELEVEN, ("09:00", "10:00"), "overlap", id="same start"),
    pytest.param(NINE_TO_ELEVEN, ("10:00", "11:00"), "overlap", id="same end"),
    pytest.param(NINE_TO_ELEVEN, ("09:30", "10:30"), "overlap", id="one inside the other"),
    pytest.param(NINE_TO_ELEVEN, ("09:00:01", "11:00"), "overlap", id="a second shorter"),
    pytest.param(NINE_TO_ELEVEN, ("10:59:59", "12:00"), "overlap", id="a second in common"),
    pytest.param(NINE_TO_ELEVEN, ("11:00", "12:00"), None, id="touching"),
    pytest.param(NINE_TO_ELEVEN, ("11:00:01", "12:00"), None, id="a second apart"),
    pytest.param(NINE_TO_ELEVEN, ("15:00", "16:00"), None, id="hours apart"),
]
# What the spec calls open and done; a visit's other times would say something else.
OPEN_RULES = {"equal": "SameSchTimeFlag", "overlap": "SchOverAnotherSchTimeFlag"}
DONE_RULES = {"equal": "SameVisitTimeFlag", "overlap": "VisitTimeOverAnotherVisitTimeFlag"}
MIXED_RULES = {"equal": "SchAndVisitTimeSameFlag", "overlap": "SchTimeOverVisitTimeFlag"}


@pytest.fixture
def world(scratch: Session) -> Session:
    """The row of v1 with v2, without the visits."""
    small_world(scratch)
    pair(scratch)
    return scratch


def rules(session: Session) -> set[str]:
    """The rules that hold for the row; none if it is not re-detected."""
    found = pairs(session)
    holding = {rule for rule in RULE_COLUMNS if found and found[1][rule]}
    assert bool(found) is bool(holding)
    return holding


def both_orders(session: Session) -> set[str]:
    """The rules of the row, which are those of the row in the other direction."""
    pair(session, 2, VisitID="v2", ConVisitID="v1")
    found = pairs(session)
    outcomes = [
        {rule for rule in RULE_COLUMNS if number in found and found[number][rule]} for number in (1, 2)
    ]
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_two_open_visits_are_compared_by_scheduled_times(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=other)

    assert both_orders(world) == ({OPEN_RULES[relation]} if relation else set())


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_two_done_visits_are_compared_by_actual_times(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=("01:00", "02:00"), actual=one)
    visit(world, "v2", scheduled=("01:00", "02:00"), actual=other)

    assert both_orders(world) == ({DONE_RULES[relation]} if relation else set())


@pytest.mark.parametrize(("one", "other", "relation"), INTERVALS)
def test_an_open_visits_scheduled_times_are_compared_with_a_done_visits_actual_ones(
    world: Session, one: Clock, other: Clock, relation: str | None
) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=("01:00", "02:00"), actual=other)

    assert both_orders(world) == ({MIXED_RULES[relation]} if relation else set())


@pytest.mark.parametrize("half", [("09:00", None), (None, "11:00")])
@pytest.mark.parametrize("other", [NO_TIMES, NINE_TO_ELEVEN], ids=["other open", "other done"])
def test_a_visit_with_one_actual_time_takes_part_in_no_rule(
    world: Session, half: Clock, other: Clock
) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN, actual=half)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN, actual=other)

    assert both_orders(world) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(NO_TIMES, NO_TIMES, id="no times at all"),
        pytest.param(("09:00", None), ("09:00", None), id="equal starts without ends"),
        pytest.param((None, "11:00"), NINE_TO_ELEVEN, id="no start"),
        pytest.param(("09:00", None), NINE_TO_ELEVEN, id="no end"),
        pytest.param(NO_TIMES, NINE_TO_ELEVEN, id="one without times"),
    ],
)
def test_null_never_equals_anything(world: Session, one: Clock, other: Clock) -> None:
    visit(world, "v1", scheduled=one)
    visit(world, "v2", scheduled=other)

    assert both_orders(world) == set()


def test_an_unknown_visit_makes_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_another_visit_date_makes_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Visit Date": DAY + timedelta(days=1)}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


@pytest.mark.parametrize(
    ("ssn", "holds"), [("900000002", False), (" 900000001 ", True)], ids=["another", "equal but for spaces"]
)
def test_caregivers_are_the_same_by_their_ssn(world: Session, ssn: str, holds: bool) -> None:
    insert(world, "dimcaregiver", **{"Caregiver Id": "c2", "SSN": ssn})
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Caregiver Id": "c2"}, scheduled=NINE_TO_ELEVEN)

    assert bool(rules(world)) is holds


def test_two_visits_for_one_provider_make_no_pair(world: Session) -> None:
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Provider Id": "p1"}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_a_visit_makes_no_pair_with_itself(world: Session) -> None:
    change(world, "conflictvisitmaps", ConVisitID="v1")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == set()


def test_what_the_row_says_of_date_and_ssn_decides_nothing(world: Session) -> None:
    change(world, "conflictvisitmaps", VisitDate=DAY - timedelta(days=1), SSN=None, ProviderID="p2")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


def test_ids_of_providers_are_compared_not_their_names(world: Session) -> None:
    for name in ("a", "b"):
        provider(world, name, **{"Provider Name": "Care Ltd"})
    visit(world, "v1", {"Provider Id": "a"}, scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", {"Provider Id": "b"}, scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


def test_without_any_speed_band_times_are_compared_all_the_same(world: Session) -> None:
    clear(world, "mph")
    visit(world, "v1", scheduled=NINE_TO_ELEVEN)
    visit(world, "v2", scheduled=NINE_TO_ELEVEN)

    assert rules(world) == {"SameSchTimeFlag"}


@pytest.mark.parametrize(
    ("zone", "found"), [("UTC", set()), ("America/New_York", {"SchAndVisitTimeSameFlag"})]
)
def test_the_report_time_zone_decides_which_times_are_equal(
    world: Session, zone: str, found: set[str]
) -> None:
    # 14:00 UTC is 9:00 in New York.
    visit(world, "v1", scheduled=("14:00", "16:00"))
    visit(world, "v2", actual=NINE_TO_ELEVEN)
    world.conn.execute("SELECT set_config('TimeZone', %s, false)", [zone])

    assert rules(world) == found
