"""The pairs of visits that come into the conflict table (detect.md, "Visit pairs" and "Inserting")."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline_tests.reference.columns import Columns, pair_columns, prefixed
from conflict_pipeline_tests.reference.computed_columns import computed_columns
from conflict_pipeline_tests.reference.cycle import can_conflict, column_types
from conflict_pipeline_tests.reference.dimensions import Row, Tables
from conflict_pipeline_tests.reference.kinds import Kind
from conflict_pipeline_tests.reference.numbers import stored
from conflict_pipeline_tests.reference.rules import rules_that_hold
from conflict_pipeline_tests.reference.states import is_cross_state, states_of_visit
from conflict_pipeline_tests.reference.travel import travel_between
from conflict_pipeline_tests.reference.visits import Visit

Key = tuple[str | None, str | None]


@dataclass(frozen=True)
class DetectionSettings:
    """What a cycle is told. `detected_at` is the time of detection, in the report time zone `zone`."""

    window: Window
    today: date
    detected_at: datetime
    zone: ZoneInfo
    max_visits_per_key: int = 500
    cross_state_filter: bool = True
    detect_inservice: bool = True
    detect_pto: bool = False
    notifications: bool = True
    max_new_rows: int = 500_000
    accept_new_rows: bool = False

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that are looked for."""
        switches = {
            Kind.VISIT_PAIR: True,
            Kind.INSERVICE: self.detect_inservice,
            Kind.PTO: self.detect_pto,
        }
        return [kind for kind, is_on in switches.items() if is_on]


@dataclass(frozen=True)
class Candidate:
    """An ordered pair that would be one row: `row` has every column of it, but no ID.

    `rules` are the rule columns that hold. `reason` says why the pair is not admitted; None if it is.
    """

    kind: Kind
    row: Columns
    rules: frozenset[str]
    reason: str | None

    @property
    def key(self) -> Key:
        return key_of(self.row)


@dataclass
class KindCounts:
    """Candidates of one kind, and what became of them.

    `there_already`, `inserted` and `one_sided` count admitted ones; one-sided is an admitted pair whose
    reverse is not admitted. The two by rule count a pair under each rule that holds.
    """

    candidates: int = 0
    not_admitted: Counter[str] = field(default_factory=Counter)
    there_already: int = 0
    inserted: int = 0
    one_sided: int = 0
    candidates_by_rule: Counter[str] = field(default_factory=Counter)
    inserted_by_rule: Counter[str] = field(default_factory=Counter)


def qualified_visits(visits: Mapping[str, Visit]) -> list[Visit]:
    """D1: the visits that are known not to be missed.

    Without an empty id: its row would keep nothing out (I1), and come in again in every cycle.
    """
    return [visit for visit_id, visit in visits.items() if visit_id and visit.fact["Is Missed"] is False]


def visit_pair_candidates(
    tables: Tables, visits: Mapping[str, Visit], settings: DetectionSettings
) -> list[Candidate]:
    """D2: all qualified visits with all others, each direction judged by itself (D5)."""
    qualified = qualified_visits(visits)
    visits_of_key = Counter(key_of_visit(visit) for visit in qualified)
    candidates = []
    for primary, conflicting in permutations(qualified, 2):
        if not can_conflict(primary, conflicting):
            continue
        travel = travel_between(primary, conflicting, tables["settings"][0], tables.get("mph", []))
        holding = rules_that_hold(primary, conflicting, travel)
        if not any(holding.values()):
            continue
        rules = frozenset(name for name, holds in holding.items() if holds)
        row = new_row(
            {
                **pair_columns(primary, conflicting, travel),
                **columns_of_the_insert(primary),
                **prefixed("Con", columns_of_the_insert(conflicting)),
            },
            rules,
            Kind.VISIT_PAIR,
            settings,
        )
        crowd = visits_of_key[key_of_visit(primary)]
        reason = reason_against(primary, conflicting, rules, crowd, settings)
        candidates.append(Candidate(Kind.VISIT_PAIR, row, rules, reason))
    return candidates


def reason_against(
    primary: Visit, conflicting: Visit, rules: frozenset[str], crowd: int, settings: DetectionSettings
) -> str | None:
    """D3: the first reason that keeps a candidate out, or None. `crowd`: the number of visits of its key."""
    if primary.is_open and conflicting.is_open and primary.fact["Visit Date"] < settings.today:
        return "past_schedule"
    if rules == {"DistanceFlag"} and has_same_zip(primary, conflicting):
        return "same_zip"
    if settings.cross_state_filter and is_cross_state(states_of_visit(primary), states_of_visit(conflicting)):
        return "cross_state"
    return "crowded" if is_crowded(crowd, settings) else None


def has_same_zip(one: Visit, other: Visit) -> bool:
    zips = [visit.provider_patient_address.get("Zip Code") for visit in (one, other)]
    known = [text.strip(" ") for text in zips if text is not None]
    return len(known) == 2 and known[0] == known[1] != ""


def is_crowded(visits: int, settings: DetectionSettings) -> bool:
    """Whether a key with this number of visits is above the limit; 0 means that there is no limit."""
    return 0 < settings.max_visits_per_key < visits


def key_of_visit(visit: Visit) -> tuple[date, str]:
    return visit.fact["Visit Date"], visit.ssn


def columns_of_the_insert(visit: Visit) -> Columns:
    """What an insert takes from the visit and an update does not, under the primary side's names."""
    return {
        "AgencyPhone": visit.provider["Phone Number 1"],
        "P_PStatus": visit.provider_patient.get("Status"),
        "PA_PStatus": visit.payer_patient.get("Status"),
    }


def new_row(pair: Columns, rules: frozenset[str], kind: Kind, settings: DetectionSettings) -> Columns:
    """I3: every column as it is stored; ID, CONFLICTID and what `pair` does not give are NULL."""
    types = column_types()
    row = {
        **dict.fromkeys(types),
        **pair,
        **{name: flag(name in rules) for name in RULE_COLUMNS},
        "InServiceFlag": flag(kind is Kind.INSERVICE),
        "PTOFlag": flag(kind is Kind.PTO),
        "StatusFlag": "U",
        "CreatedDate": settings.detected_at,
    }
    row = {name: stored(value, types[name]) for name, value in row.items()}
    return {**row, **computed_columns(row)}


def flag(holds: bool) -> str:
    return "Y" if holds else "N"


def new_rows(candidates: Iterable[Candidate], rows: Iterable[Row]) -> list[Columns]:
    """I1, I2: the rows to insert. Of several admitted candidates with one key the first is taken."""
    there = {key_of(row) for row in rows}
    inserted: dict[Key, Columns] = {}
    for candidate in candidates:
        if candidate.reason is None and candidate.key not in there:
            inserted.setdefault(candidate.key, dict(candidate.row))
    return list(inserted.values())


def key_of(row: Mapping[str, Any]) -> Key:
    return row["VisitID"], row["ConVisitID"]


def count(candidates: list[Candidate], inserted: Iterable[Key]) -> KindCounts:
    """The counts of the candidates of one kind; `inserted` are the keys of its new rows."""
    new = set(inserted)
    admitted = [candidate for candidate in candidates if candidate.reason is None]
    taken = {candidate.key: candidate for candidate in reversed(admitted) if candidate.key in new}
    keys = {candidate.key for candidate in admitted}
    return KindCounts(
        candidates=len(candidates),
        not_admitted=Counter(candidate.reason for candidate in candidates if candidate.reason),
        there_already=len(admitted) - len(taken),
        inserted=len(taken),
        one_sided=sum((conflicting, primary) not in keys for primary, conflicting in keys),
        candidates_by_rule=Counter(name for candidate in candidates for name in candidate.rules),
        inserted_by_rule=Counter(name for candidate in taken.values() for name in candidate.rules),
    )
