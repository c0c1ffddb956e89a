"""Rows of conflictvisitmaps in every state: guarded, orphaned, outside the window, moved, marked, decided."""

import math

from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.devtools.demo.pairs import VISITS_OVERLAP, Cluster, Pair
from conflict_pipeline.devtools.demo.scene import EVENING, LATE_MORNING, Scene, at, done
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS

_STATUSES = ("U", "R", "N", "D", "W", "I", None)
_LEAST_LARGE_KEY = 60
_LARGE_KEY_SHARE = 0.006

_STATES: tuple[Row, ...] = (
    {"UpdateFlag": 1},
    {"UpdateFlag": 0},
    dict.fromkeys(RULE_COLUMNS, "Y"),
    dict.fromkeys(RULE_COLUMNS),
    # The rule that holds, and those that do not, as no rule leaves them.
    {VISITS_OVERLAP: "Y"},
    {VISITS_OVERLAP: None},
    {**dict.fromkeys(RULE_COLUMNS, "Y"), VISITS_OVERLAP: "N"},
    # Re-detection compares the visits' SSNs, not the row's.
    {"SSN": None},
    {"SSN": ""},
    {"AideSSN": None, "ConAideSSN": None},
)


def add_row_cases(scene: Scene, conflict_rows: int) -> None:
    found_and_not: tuple[tuple[str, ...], ...] = ((VISITS_OVERLAP,), ())
    for rules in found_and_not:
        for status in _STATUSES:
            changes = {"StatusFlag": status, "ResolveDate": scene.calendar.day(-3).at(at(8))}
            scene.collide(scene.aide(), *rules, changes=changes)
        for state in _STATES:
            scene.collide(scene.aide(), *rules, changes=state)
        for guard in GUARD_COLUMNS:
            scene.collide(scene.aide(), *rules, changes={guard: scene.calendar.day(-8).at(at(9))})
        scene.collide(scene.aide(), *rules, changes={"CONFLICTID": None})
        scene.collide(scene.aide(), *rules, changes={"VisitDate": None})
        _add_orphans(scene, rules)
    _add_window_ends(scene)
    _add_moved(scene)
    _add_broken_keys(scene)
    _add_large_key(scene, conflict_rows)


def _add_orphans(scene: Scene, rules: tuple[str, ...]) -> None:
    one, other = scene.aide().caregivers
    second = LATE_MORNING if rules else EVENING
    scene.pair(scene.visit(one), scene.visit(other, second), *rules, has_parents=False)


def _add_window_ends(scene: Scene) -> None:
    calendar = scene.calendar
    first, last = calendar.first_offset, calendar.last_offset
    for inside, outside in ((first, first - 1), (last, last + 1)):
        scene.collide(scene.aide(), VISITS_OVERLAP, day=calendar.day(inside))
        for row_offset in (outside, inside):
            # Visits outside take no part, wherever their row is.
            one, other = scene.aide().caregivers
            day = calendar.day(outside)
            scene.pair(
                scene.visit(one, day=day, gps=("no signal", None), bad_gps=1, qualifies=False),
                scene.visit(other, LATE_MORNING, day=day, qualifies=False),
                changes={"VisitDate": calendar.day(row_offset).date},
            )
        # Visits inside do not help a row that is outside.
        outside_row = {"VisitDate": calendar.day(outside).date}
        scene.collide(scene.aide(), VISITS_OVERLAP, day=calendar.day(inside), changes=outside_row)


def _add_moved(scene: Scene) -> None:
    """The visits are on another date, or the aide has another SSN, than when the row was written."""
    calendar = scene.calendar
    first, last = calendar.first_offset, calendar.last_offset
    changes: Row
    for row_offset, offset in ((-400, -20), (-20, -400), (-6, 12), (12, -6), (first, last), (last, first)):
        changes = {"VisitDate": calendar.day(row_offset).date}
        scene.collide(scene.aide(), VISITS_OVERLAP, day=calendar.day(offset), changes=changes)
    for _ in range(4):
        changes = {"SSN": scene.new_ssn()}
        changes["AideSSN"] = changes["ConAideSSN"] = changes["SSN"]
        scene.collide(scene.aide(), VISITS_OVERLAP, changes=changes)
    changes = {"SSN": scene.new_ssn(), "VisitDate": calendar.day(-77).date}
    scene.collide(scene.aide(), VISITS_OVERLAP, changes=changes)


def _add_broken_keys(scene: Scene) -> None:
    for column in ("VisitID", "ConVisitID"):
        # Such a row finds no pair of visits.
        scene.collide(scene.aide(), changes={column: None})
        scene.collide(scene.aide(), changes={column: "V9999999999"})
    one, other = scene.aide().caregivers
    first, second = scene.visit(one), scene.visit(other, LATE_MORNING)
    # Two rows about one pair.
    twice = [Pair(first, second, (VISITS_OVERLAP,)) for _ in range(2)]
    scene.clusters.append(Cluster([first, second], twice))


def _add_large_key(scene: Scene, conflict_rows: int) -> None:
    """One aide and one day with more than half a percent of all rows: visits that all overlap each other."""
    rows = max(_LEAST_LARGE_KEY, math.ceil(conflict_rows * _LARGE_KEY_SHARE))
    # Each of three providers has so many visits, and a row for each visit of the two others.
    each = math.ceil(math.sqrt(rows / 6))
    caregivers = scene.aide(count=3).caregivers
    patient, day = scene.patient(), scene.calendar.day(-5)
    visits = [
        scene.visit(
            caregivers[index % 3], done(at(6) + index * 60, at(18) + index * 60), day=day, patient=patient
        )
        for index in range(3 * each)
    ]
    pairs = [
        Pair(one, other, (VISITS_OVERLAP,))
        for one in visits
        for other in visits
        if one.caregiver is not other.caregiver
    ]
    scene.clusters.append(Cluster(visits, pairs))
