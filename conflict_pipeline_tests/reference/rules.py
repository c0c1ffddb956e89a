"""The seven rules (rules.md, "Pairs and rules"): each takes two visits of a pair, in either order."""

from conflict_pipeline_tests.reference.travel import Travel
from conflict_pipeline_tests.reference.visits import Interval, Visit


def same_scheduled_time(one: Visit, other: Visit) -> bool:
    return one.is_open and other.is_open and equal(one.scheduled, other.scheduled)


def same_visit_time(one: Visit, other: Visit) -> bool:
    return one.is_done and other.is_done and equal(one.actual, other.actual)


def scheduled_and_visit_time_same(one: Visit, other: Visit) -> bool:
    times = scheduled_and_actual(one, other)
    return times is not None and equal(*times)


def scheduled_over_another_scheduled(one: Visit, other: Visit) -> bool:
    return one.is_open and other.is_open and overlap_unequally(one.scheduled, other.scheduled)


def visit_over_another_visit(one: Visit, other: Visit) -> bool:
    return one.is_done and other.is_done and overlap_unequally(one.actual, other.actual)


def scheduled_over_visit_time(one: Visit, other: Visit) -> bool:
    times = scheduled_and_actual(one, other)
    return times is not None and overlap_unequally(*times)


def too_far_apart(one: Visit, other: Visit, travel: Travel) -> bool:
    return one.is_done and other.is_done and travel.eta is not None and 0 < travel.gap < travel.eta


def rules_that_hold(one: Visit, other: Visit, travel: Travel) -> dict[str, bool]:
    """Rule by rule, by the name of its column."""
    return {
        "SameSchTimeFlag": same_scheduled_time(one, other),
        "SameVisitTimeFlag": same_visit_time(one, other),
        "SchAndVisitTimeSameFlag": scheduled_and_visit_time_same(one, other),
        "SchOverAnotherSchTimeFlag": scheduled_over_another_scheduled(one, other),
        "VisitTimeOverAnotherVisitTimeFlag": visit_over_another_visit(one, other),
        "SchTimeOverVisitTimeFlag": scheduled_over_visit_time(one, other),
        "DistanceFlag": too_far_apart(one, other, travel),
    }


def scheduled_and_actual(one: Visit, other: Visit) -> tuple[Interval, Interval] | None:
    """The open visit's scheduled times and the done one's actual ones, or None if the pair is not such."""
    if one.is_open and other.is_done:
        return one.scheduled, other.actual
    if other.is_open and one.is_done:
        return other.scheduled, one.actual
    return None


def equal(one: Interval, other: Interval) -> bool:
    """NULL equals nothing."""
    return None not in one and one == other


def overlap_unequally(one: Interval, other: Interval) -> bool:
    """Touching is no overlap, and an unknown time overlaps nothing."""
    start, end = one
    other_start, other_end = other
    if start is None or end is None or other_start is None or other_end is None:
        return False
    return start < other_end and end > other_start and one != other
