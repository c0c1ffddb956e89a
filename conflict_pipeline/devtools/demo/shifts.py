"""Times of two or three visits of one aide on one day, by the rule that holds for them.

Every function returns (scheduled, actual) for each visit, in seconds after midnight. The outcome also depends
on the distances between the towns of a region (places.py).
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from conflict_pipeline.devtools.demo.pairs import (
    DISTANCE,
    SAME_SCHEDULE,
    SAME_VISIT,
    SCHEDULE_IS_VISIT,
    SCHEDULE_OVERLAPS_VISIT,
    SCHEDULES_OVERLAP,
    VISITS_OVERLAP,
)
from conflict_pipeline.devtools.demo.visits import UNKNOWN, Span

Times = tuple[Span, Span]
MINUTE, QUARTER, HOUR = 60, 900, 3600
_SHIFT_HOURS = (1, 2, 2, 3, 4, 4, 4, 5, 6, 8, 8, 12)


class Kind(NamedTuple):
    """A way in which visits relate: `rules` hold for every pair of its `visits`; `far`: in distant towns."""

    times: Callable[[Random], list[Times]]
    rules: tuple[str, ...]
    visits: int = 2
    far: bool = False


def shift(rng: Random, max_hours: int = 12, last_start: int = 15) -> tuple[int, int]:
    """Return a planned shift, which begins on a quarter hour at or after 6:00."""
    start = 6 * HOUR + int(rng.random() * (last_start - 6) * 4) * QUARTER
    return start, start + min(max_hours, _SHIFT_HOURS[int(rng.random() * 12)]) * HOUR


def worked(rng: Random, start: int, end: int) -> tuple[int, int]:
    """Return actual times, up to four minutes off the planned ones."""
    return start + int((rng.random() - 0.5) * 8 * MINUTE), end + int((rng.random() - 0.5) * 8 * MINUTE)


def _same_schedules(rng: Random) -> list[Times]:
    return [(shift(rng), UNKNOWN)] * 3


def _same_visits(rng: Random) -> list[Times]:
    start, end = shift(rng)
    actual = worked(rng, start, end)
    return [((start, end), actual), ((start + HOUR, end + HOUR), actual), ((start, end), actual)]


def _schedule_is_visit(rng: Random) -> list[Times]:
    planned = shift(rng)
    return [(planned, UNKNOWN), (planned, planned)]


def _schedules_overlap(rng: Random) -> list[Times]:
    start, end = shift(rng)
    return [((start + later, end + later), UNKNOWN) for later in (0, QUARTER, 2 * QUARTER)]


def _visits_overlap(rng: Random) -> list[Times]:
    # The visits are a quarter of an hour apart, which is more than both may be off the plan.
    start, end = shift(rng)
    spans = [(start + later, end + later) for later in (0, QUARTER, 2 * QUARTER)]
    return [(span, worked(rng, *span)) for span in spans]


def _schedule_overlaps_visit(rng: Random) -> list[Times]:
    start, end = shift(rng)
    later = (start + 2 * QUARTER, end + 2 * QUARTER)
    return [((start, end), UNKNOWN), (later, worked(rng, *later))]


def _a_drive_apart(rng: Random) -> list[Times]:
    """Leave a few minutes for a drive of at least 20."""
    first = shift(rng, max_hours=6)
    actual = worked(rng, *first)
    start = actual[1] + MINUTE + int(rng.random() * 5 * MINUTE)
    second = (first[1], first[1] + 2 * HOUR)
    return [(first, actual), (second, (start, start + 2 * HOUR))]


def _time_enough(rng: Random) -> list[Times]:
    """Leave more than two and a half hours, which is enough for any drive within a region."""
    first = shift(rng, max_hours=4, last_start=9)
    start = first[1] + 3 * HOUR + int(rng.random() * 8) * QUARTER
    second = (start, start + 2 * HOUR)
    return [(first, worked(rng, *first)), (second, worked(rng, *second))]


def _planned_apart(rng: Random) -> list[Times]:
    first = shift(rng, max_hours=5, last_start=12)
    start = first[1] + int(rng.random() * 6) * QUARTER
    return [(first, UNKNOWN), ((start, start + 2 * HOUR), UNKNOWN)]


def _never_called_out(rng: Random) -> list[Times]:
    start, end = shift(rng)
    actual = worked(rng, start, end)
    return [((start, end), (actual[0], None)), ((start + QUARTER, end), (actual[0] + QUARTER, end))]


_SAME_SCHEDULES = Kind(_same_schedules, (SAME_SCHEDULE,), visits=3)
_SCHEDULES_OVERLAP = Kind(_schedules_overlap, (SCHEDULES_OVERLAP,), visits=3)
# Kinds and their weights, for past and for future visits.
PAST: tuple[tuple[Kind, int], ...] = (
    (Kind(_same_visits, (SAME_VISIT,), visits=3), 12),
    (Kind(_visits_overlap, (VISITS_OVERLAP,), visits=3), 22),
    (Kind(_schedule_is_visit, (SCHEDULE_IS_VISIT,)), 4),
    (Kind(_schedule_overlaps_visit, (SCHEDULE_OVERLAPS_VISIT,)), 10),
    (_SAME_SCHEDULES, 3),
    (_SCHEDULES_OVERLAP, 3),
    (Kind(_a_drive_apart, (DISTANCE,), far=True), 14),
    (Kind(_time_enough, ()), 26),
    (Kind(_never_called_out, ()), 6),
)
AHEAD: tuple[tuple[Kind, int], ...] = (
    (_SAME_SCHEDULES, 26),
    (_SCHEDULES_OVERLAP, 42),
    (Kind(_planned_apart, ()), 32),
)
