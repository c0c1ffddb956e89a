"""Which differences are known and intended (docs/rules.md, "What the earlier systems get wrong"), and why.

A difference is a column of a row. It is of the first class whose rule explains exactly these two values: that
Postgres has what docs/rules.md asks for, as far as the row itself shows, and Snowflake what its known error
makes of that. All others are unexpected; a difference in an id, an SSN, a name, a time or a person's status
always is, because no rule names such a column.
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
    """`explains(pair, column)` says whether the difference in one of the `columns` is of class `name`."""

    name: str
    columns: tuple[str, ...]
    explains: Callable[[Pair, str], bool]
    reason: str


def classify(pair: Pair, column: str) -> str:
    """The class of the difference that the row has in that column."""
    for rule in KNOWN_DIFFERENCES:
        if column in rule.columns and rule.explains(pair, column):
            return rule.name
    return UNEXPECTED


def _was_updated_in_error(pair: Pair, column: str) -> bool:
    """Snowflake updated a row that must not be, and this is what its update writes there.

    That is a row in service or on leave, or one without a parent, which is never marked. Any other row that
    is marked here and updated there may be one that Postgres failed to re-detect: unexpected.
    """
    is_forbidden = pair.same(*GUARD_COLUMNS, "CONFLICTID") and (
        any(pair.here[name] is not None for name in GUARD_COLUMNS) or pair.here["CONFLICTID"] is None
    )
    was_updated = "UpdateFlag" in pair.here and pair.there["UpdateFlag"] is None
    if not (is_forbidden and was_updated):
        return False
    there, here = pair.there[column], pair.here[column]
    if column == "StatusFlag":
        return there == "U" and here not in (None, "W", "I")
    if column in RULE_COLUMNS:
        return (there, here) == ("Y", "N")
    return column not in ("UpdateFlag", "ResolveDate") or there is None


def _lacks_gps(pair: Pair, column: str) -> bool:
    (names,) = (names for names in PLACES if column in names)
    return _is_place_without_gps(pair, names)


def _is_place_without_gps(pair: Pair, names: tuple[str, str]) -> bool:
    """A place here, and there one too or none at all; half a place, or a lost one here, is another error."""
    if not all(name in pair.here for name in names) or place(pair.here, names) is None:
        return False
    return place(pair.there, names) is not None or all(pair.there[name] is None for name in names)


def _follows_from_gps(pair: Pair, column: str) -> bool:
    moved = [names for names in PLACES if place(pair.there, names) != place(pair.here, names)]
    explained = all(pair.same(*names) or _is_place_without_gps(pair, names) for names in PLACES)
    if not (moved and explained and _is_consistent_here(pair)):
        return False
    if column == DISTANCE_FLAG:
        return None not in _flags(pair) and _is_flag_here(pair)
    return True


def _is_consistent_here(pair: Pair) -> bool:
    """Miles where both places are known and nowhere else, and the ETA that follows from miles and speed."""
    are_known = all(place(pair.here, names) is not None for names in PLACES)
    return are_known == (pair.here.get(MILES) is not None) and is_rounded(
        pair.here.get(ETA), travel_minutes(pair.here, whole_miles=False)
    )


def _is_whole_mile_eta(pair: Pair, column: str) -> bool:
    exact = travel_minutes(pair.here, whole_miles=False)
    return (
        pair.same(*COORDINATES, MILES, SPEED)
        and exact is not None
        and is_rounded(pair.here[column], exact)
        and is_rounded(pair.there[column], travel_minutes(pair.here, whole_miles=True))
    )


def _flag_follows_from_eta(pair: Pair, _: str) -> bool:
    # Where it takes both errors, the rounding is named.
    return _is_flag_there(pair, whole_miles=True, boundaries=False) or (
        _is_flag_there(pair, whole_miles=True, boundaries=True)
        and not _is_flag_there(pair, whole_miles=False, boundaries=True)
    )


def _counts_boundaries(pair: Pair, column: str) -> bool:
    gaps = pair.gaps()
    there, here = number(pair.there[column]), number(pair.here[column])
    if not gaps or there is None or here is None:
        return False
    # The column keeps whole minutes.
    return there == gaps[0].boundaries and abs(here - gaps[0].minutes) * 2 <= 1


def _flag_follows_from_boundaries(pair: Pair, _: str) -> bool:
    return _is_flag_there(pair, whole_miles=False, boundaries=True)


def _is_flag_there(pair: Pair, *, whole_miles: bool, boundaries: bool) -> bool:
    """Whether rule 7 gives what is here, and with these errors what is there."""
    expected = pair.is_too_far(whole_miles=whole_miles, boundaries=boundaries)
    return pair.same(*COORDINATES, MILES, SPEED) and _is_flag_here(pair) and _flags(pair)[0] is expected


def _is_flag_here(pair: Pair) -> bool:
    return bool(pair.gaps()) and _flags(pair)[1] is pair.is_too_far(whole_miles=False, boundaries=False)


def _flags(pair: Pair) -> tuple[bool | None, bool | None]:
    """Whether it is too far to travel there, and here; None for anything but Y and N."""
    meaning = {"Y": True, "N": False}
    return meaning.get(pair.there[DISTANCE_FLAG] or ""), meaning.get(pair.here[DISTANCE_FLAG] or "")


KNOWN_DIFFERENCES = (
    Rule(
        "precedence",
        (*COORDINATES, MILES, SPEED, ETA, GAP, *RULE_COLUMNS, "StatusFlag", "ResolveDate", "UpdateFlag"),
        _was_updated_in_error,
        "An OR without parentheses lets Snowflake update in-service, PTO and unmarked rows.",
    ),
    Rule(
        "gps_parsing",
        COORDINATES,
        _lacks_gps,
        "Snowflake blanks every GPS text, so that only the patient's address is left, or nothing.",
    ),
    Rule(
        "gps_parsing",
        (MILES, SPEED, ETA, DISTANCE_FLAG),
        _follows_from_gps,
        "From other places follow other miles, speeds, ETAs and, by them, another rule 7.",
    ),
    Rule(
        "eta_rounding",
        (ETA,),
        _is_whole_mile_eta,
        "Snowflake rounds the miles to whole ones before it computes the ETA.",
    ),
    Rule(
        "eta_rounding",
        (DISTANCE_FLAG,),
        _flag_follows_from_eta,
        "With the ETA of whole miles, rule 7 comes out as it did in Snowflake.",
    ),
    Rule(
        "minute_boundaries",
        (GAP,),
        _counts_boundaries,
        "Snowflake counts the boundaries of minutes between two times, not the minutes.",
    ),
    Rule(
        "minute_boundaries",
        (DISTANCE_FLAG,),
        _flag_follows_from_boundaries,
        "With boundaries of minutes for the gap, rule 7 comes out as it did in Snowflake.",
    ),
)
