"""What holds for whole cycles of the reference in any small world (detect.md, "What a test must …")."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline_tests.reference.detection import DetectionSettings
from conflict_pipeline_tests.reference.kinds import Kind
from conflict_pipeline_tests.reference.whole_cycle import Outcome, expected_after_whole_cycle
from conflict_pipeline_tests.reference.world import Tables
from conflict_pipeline_tests.steps.detection_worlds import make_detection_world
from conflict_pipeline_tests.steps.worlds import DAYS

ZONE = ZoneInfo("America/New_York")
WINDOW = Window(date(1976, 1, 1), date(2027, 1, 1))
# The day on which most visits of the worlds are, and the day after it.
TODAYS = (DAYS[0], DAYS[0] + timedelta(days=1))
# The same examples in every run, so that only a change of the rules can make a test fail.
EXAMPLES = hypothesis.settings(max_examples=12, derandomize=True, database=None, deadline=None)


def cycle(tables: Tables, today: date, last: Outcome | None = None) -> Outcome:
    settings = DetectionSettings(
        window=WINDOW,
        today=today,
        detected_at=datetime(2026, 3, 2, 2, 30),  # noqa: DTZ001 (a wall clock)
        zone=ZONE,
        detect_pto=True,
        max_visits_per_key=6,
    )
    return expected_after_whole_cycle(tables, settings, last.numbering.last_number if last else Decimal(0))


def in_any_world(check: Callable[[Tables, date], None]) -> Callable[[], None]:
    """A test without the arguments of `check`, which pytest would take for fixtures."""

    @EXAMPLES
    @given(st.integers(4, 8), st.integers(0, 2**32), st.sampled_from(TODAYS))
    def run(count: int, seed: int, today: date) -> None:
        check(make_detection_world(count, seed, ZONE, WINDOW), today)

    def test() -> None:
        run()

    return test


@in_any_world
def test_a_new_row_is_settled(tables: Tables, today: date) -> None:
    first = cycle(tables, today)
    second = cycle(first.tables, today, first)

    assert second.inserted == {}
    for new in first.inserted.values():
        assert new["UpdateFlag"] is None
        assert second.known.rows[new["ID"]] == new
    assert (second.numbering.parents, second.numbering.notifications) == ([], [])


@in_any_world
def test_a_cycle_without_news_changes_nothing(tables: Tables, today: date) -> None:
    # The first cycle numbers rows that the second one updates for the first time.
    first = cycle(tables, today)
    second = cycle(first.tables, today, first)

    assert cycle(second.tables, today, second).tables == second.tables


@in_any_world
def test_the_order_of_rows_decides_nothing(tables: Tables, today: date) -> None:
    shuffled = {name: Random(name).sample(rows, len(rows)) for name, rows in tables.items()}

    one, other = cycle(tables, today), cycle(shuffled, today)

    assert without_ids(one) == without_ids(other)
    assert one.counts == other.counts
    assert replace(one.numbering, notifications=[]) == replace(other.numbering, notifications=[])


def without_ids(outcome: Outcome) -> list[Any]:
    """Rows that were there by ID, new ones by key."""
    known = sorted(outcome.known.rows.values(), key=lambda row: row["ID"])
    new = {key: {**row, "ID": None} for key, row in outcome.inserted.items()}
    return [known, new]


@in_any_world
def test_every_admitted_pair_but_those_of_distance_has_its_reverse(tables: Tables, today: date) -> None:
    admitted = {
        candidate.key: candidate for candidate in cycle(tables, today).candidates if candidate.reason is None
    }

    for (primary, conflicting), candidate in admitted.items():
        if "DistanceFlag" not in candidate.rules:
            reverse = admitted[conflicting, primary]
            assert reverse.rules == candidate.rules
            assert reverse.row["ReverseUUID"] == candidate.row["ReverseUUID"]


@in_any_world
def test_the_candidates_are_what_an_update_would_redetect(tables: Tables, today: date) -> None:
    candidates = {candidate.key: candidate for candidate in cycle(tables, today).candidates}
    numbered = {"CONFLICTID": Decimal(7), "UpdateFlag": Decimal(0)}
    rows = [
        {**candidate.row, **numbered, "ID": Decimal(number)}
        for number, candidate in enumerate(candidates.values())
    ]

    update = cycle({**tables, "conflictvisitmaps": rows}, today).known

    assert (update.redetected, update.not_redetected, update.guarded) == (len(rows), 0, 0)
    visit_pairs = [candidate for candidate in candidates.values() if candidate.kind is Kind.VISIT_PAIR]
    assert update.by_rule == Counter(name for candidate in visit_pairs for name in candidate.rules)


@in_any_world
def test_every_number_has_one_parent_and_every_new_parent_a_row(tables: Tables, today: date) -> None:
    outcome = cycle(tables, today)

    parents = [parent["CONFLICTID"] for parent in outcome.tables["conflicts"]]
    used = {row["CONFLICTID"] for row in outcome.tables["conflictvisitmaps"]} - {None}
    assert len(parents) == len(set(parents))
    assert used <= set(parents)
    assert {parent["CONFLICTID"] for parent in outcome.numbering.parents} <= used
    assert {row["CONFLICTID"] is None for row in outcome.inserted.values()} <= {False}


def test_the_worlds_hold_every_kind_reason_and_exception() -> None:
    wanted = {
        *(*RULE_COLUMNS, *Kind, "past_schedule", "same_zip", "cross_state", "crowded"),
        *("there already", "one-sided", "no kind", "stopped", "bad inservice", "bad pto"),
        *("reused", "new", "several", "notifications"),
    }
    seen: Counter[str] = Counter()
    for seed in range(200):
        seen.update(occurrences(cycle(make_detection_world(7, seed, ZONE, WINDOW), TODAYS[seed % 2])))
        if all(seen[name] for name in wanted):
            break

    assert {name for name in wanted if not seen[name]} == set()


def occurrences(outcome: Outcome) -> Counter[str]:
    """How often each rule, kind, reason and exception occurs."""
    numbering = outcome.numbering
    found = Counter(
        {
            "no kind": outcome.rows_of_no_kind,
            "stopped": len(outcome.stopped),
            "reused": numbering.reused,
            "new": numbering.new,
            "several": numbering.primaries_with_several,
            "notifications": len(numbering.notifications),
            **{f"bad {kind}": bad for kind, bad in outcome.bad_events.items()},
        }
    )
    for kind, counts in outcome.counts.items():
        found.update(counts.not_admitted)
        found.update(counts.inserted_by_rule)
        found[kind] += counts.inserted
        found["there already"] += counts.there_already
        found["one-sided"] += counts.one_sided
    return found
