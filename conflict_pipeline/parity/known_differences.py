"""The differences that are known and intended (docs/rules.md, "What the earlier systems get wrong").

A difference concerns one column of one row. It belongs to the first class whose rule explains both values:
Postgres holds what docs/rules.md demands, as far as the row itself shows, and Snowflake holds what its known
error makes of that. Every other difference is unexpected. A difference in an ID, an SSN, a name, a time or
the status of an aide or patient is always unexpected because no rule covers such a column.
"""

from collections.abc import Callable
from dataclasses import dataclass

from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.parity.row import (
    COORDINATES,
    DISTANCE_FLAG,
    ETA,
    GAP,
    MILES,
    PLACES,
    SPEED,
    Pair,
    is_rounded,
    number,
    place,
    travel_minutes,
)

UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Rule:
    """A class of differences: `explains(pair, column)` says whether one in `columns` is of class `name`."""

    name: str
    columns: tuple[str, ...]
    explains: Callable[[Pair, str], bool]


def classify(pair: Pair, column: str) -> str:
    """Return the class of the difference in that column of the row."""
    for rule in KNOWN_DIFFERENCES:
        if column in rule.columns and rule.explains(pair, column):
            return rule.name
    return UNEXPECTED


def _was_updated_in_error(pair: Pair, column: str) -> bool:
    """Return whether Snowflake updated a row that must not be updated and wrote this value.

    Such a row is guarded by in-service or time off, or has no parent. Any other row that only Snowflake
    updated may be one that Postgres failed to re-detect, so its differences are unexpected.
    """
    is_forbidden = pair.same(*GUARD_COLUMNS, "CONFLICTID") and (
        any(pair.postgres[name] is not None for name in GUARD_COLUMNS) or pair.postgres["CONFLICTID"] is None
    )
    was_updated = "UpdateFlag" in pair.postgres and pair.snowflake["UpdateFlag"] is None
    if not (is_forbidden and was_updated):
        return False
    snowflake, postgres = pair.snowflake[column], pair.postgres[column]
    if column == "StatusFlag":
        return snowflake == "U" and postgres not in (None, "W", "I")
    if column in RULE_COLUMNS:
        return (snowflake, postgres) == ("Y", "N")
    return column not in ("UpdateFlag", "ResolveDate") or snowflake is None


def _lacks_gps(pair: Pair, column: str) -> bool:
    (names,) = (names for names in PLACES if column in names)
    return _is_place_without_gps(pair, names)


def _is_place_without_gps(pair: Pair, names: tuple[str, str]) -> bool:
    """Return whether Postgres has coordinates and Snowflake has other ones or none at all.

    A latitude without a longitude, or coordinates that are missing in Postgres, have another cause.
    """
    if not all(name in pair.postgres for name in names) or place(pair.postgres, names) is None:
        return False
    return place(pair.snowflake, names) is not None or all(pair.snowflake[name] is None for name in names)


def _follows_from_gps(pair: Pair, column: str) -> bool:
    moved = [names for names in PLACES if place(pair.snowflake, names) != place(pair.postgres, names)]
    explained = all(pair.same(*names) or _is_place_without_gps(pair, names) for names in PLACES)
    if not (moved and explained and _is_consistent_in_postgres(pair)):
        return False
    if column == DISTANCE_FLAG:
        return None not in _flags(pair) and _is_postgres_flag_right(pair)
    return True


def _is_consistent_in_postgres(pair: Pair) -> bool:
    """Return whether Postgres has miles only between two known places, and the ETA that follows from them."""
    are_known = all(place(pair.postgres, names) is not None for names in PLACES)
    return are_known == (pair.postgres.get(MILES) is not None) and is_rounded(
        pair.postgres.get(ETA), travel_minutes(pair.postgres, whole_miles=False)
    )


def _is_whole_mile_eta(pair: Pair, column: str) -> bool:
    exact = travel_minutes(pair.postgres, whole_miles=False)
    return (
        pair.same(*COORDINATES, MILES, SPEED)
        and exact is not None
        and is_rounded(pair.postgres[column], exact)
        and is_rounded(pair.snowflake[column], travel_minutes(pair.postgres, whole_miles=True))
    )


def _flag_follows_from_eta(pair: Pair, _: str) -> bool:
    # If only both errors together explain the flag, it counts as rounding.
    return _is_snowflake_flag_explained(pair, whole_miles=True, boundaries=False) or (
        _is_snowflake_flag_explained(pair, whole_miles=True, boundaries=True)
        and not _is_snowflake_flag_explained(pair, whole_miles=False, boundaries=True)
    )


def _counts_boundaries(pair: Pair, column: str) -> bool:
    gaps = pair.gaps()
    snowflake, postgres = number(pair.snowflake[column]), number(pair.postgres[column])
    if not gaps or snowflake is None or postgres is None:
        return False
    # The column holds whole minutes.
    return snowflake == gaps[0].boundaries and abs(postgres - gaps[0].minutes) * 2 <= 1


def _flag_follows_from_boundaries(pair: Pair, _: str) -> bool:
    return _is_snowflake_flag_explained(pair, whole_miles=False, boundaries=True)


def _is_snowflake_flag_explained(pair: Pair, *, whole_miles: bool, boundaries: bool) -> bool:
    """Return whether rule 7 gives the flag in Postgres and, with these errors, the one in Snowflake."""
    expected = pair.is_too_far(whole_miles=whole_miles, boundaries=boundaries)
    return (
        pair.same(*COORDINATES, MILES, SPEED)
        and _is_postgres_flag_right(pair)
        and _flags(pair)[0] is expected
    )


def _is_postgres_flag_right(pair: Pair) -> bool:
    return bool(pair.gaps()) and _flags(pair)[1] is pair.is_too_far(whole_miles=False, boundaries=False)


def _flags(pair: Pair) -> tuple[bool | None, bool | None]:
    """Return the flags of rule 7 in Snowflake and in Postgres; None for anything but Y and N."""
    meaning = {"Y": True, "N": False}
    return meaning.get(pair.snowflake[DISTANCE_FLAG] or ""), meaning.get(pair.postgres[DISTANCE_FLAG] or "")


KNOWN_DIFFERENCES = (
    # An OR without parentheses lets Snowflake update rows in service, on PTO or without a parent.
    Rule(
        "precedence",
        (*COORDINATES, MILES, SPEED, ETA, GAP, *RULE_COLUMNS, "StatusFlag", "ResolveDate", "UpdateFlag"),
        _was_updated_in_error,
    ),
    # Snowflake discards every GPS text, which leaves the patient's address or nothing.
    Rule(
        "gps_parsing",
        COORDINATES,
        _lacks_gps,
    ),
    # Different coordinates lead to different miles, speeds, ETAs and results of rule 7.
    Rule(
        "gps_parsing",
        (MILES, SPEED, ETA, DISTANCE_FLAG),
        _follows_from_gps,
    ),
    # Snowflake rounds the distance to whole miles before it computes the ETA.
    Rule(
        "eta_rounding",
        (ETA,),
        _is_whole_mile_eta,
    ),
    # With the ETA of whole miles, rule 7 has the result that Snowflake holds.
    Rule(
        "eta_rounding",
        (DISTANCE_FLAG,),
        _flag_follows_from_eta,
    ),
    # Snowflake counts the minute boundaries between two times instead of the minutes.
    Rule(
        "minute_boundaries",
        (GAP,),
        _counts_boundaries,
    ),
    # With minute boundaries as the gap, rule 7 has the result that Snowflake holds.
    Rule(
        "minute_boundaries",
        (DISTANCE_FLAG,),
        _flag_follows_from_boundaries,
    ),
)
