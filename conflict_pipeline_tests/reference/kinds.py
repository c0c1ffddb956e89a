"""The kinds of rows, by the eight in-service and PTO dates (detect.md, "Words")."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from conflict_pipeline.model import GUARD_COLUMNS

# The prefixes of the two sides' columns.
PRIMARY: Final = ""
CONFLICTING: Final = "Con"


class Kind(StrEnum):
    VISIT_PAIR = "visit_pair"
    INSERVICE = "inservice"
    PTO = "pto"


DATES = {
    Kind.INSERVICE: ("InserviceStartDate", "InserviceEndDate"),
    Kind.PTO: ("PTOStartDate", "PTOEndDate"),
}


def kind_of(row: Mapping[str, Any]) -> Kind | None:
    """The kind, or None: such a row is never updated."""
    dates = {name for name in GUARD_COLUMNS if row[name] is not None}
    if not dates:
        return Kind.VISIT_PAIR
    for kind, names in DATES.items():
        if dates in [{prefix + name for name in names} for prefix in (PRIMARY, CONFLICTING)]:
            return kind
    return None


def is_event_side(row: Mapping[str, Any], prefix: str) -> bool:
    """Whether that side of the row has a date of an event, whatever the kind of the row."""
    return any(row[prefix + name] is not None for names in DATES.values() for name in names)


def event_side(row: Mapping[str, Any]) -> str:
    """The prefix of the event's side of an in-service or PTO row."""
    return PRIMARY if is_event_side(row, PRIMARY) else CONFLICTING


def other_side(prefix: str) -> str:
    return PRIMARY if prefix == CONFLICTING else CONFLICTING
