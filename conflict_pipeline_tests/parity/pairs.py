"""Rows as texts, for the pure functions: two visits, 20 minutes and 10.40 miles apart, at 30 miles per hour.

The visits last from 09:00 to 11:00 and from 11:20:30 to 12:00. The exact ETA is 20.8 minutes, and that of
whole miles is 20: rule 7 holds in Postgres but not in Snowflake.
"""

from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS
from conflict_pipeline.parity.row import Pair

Texts = dict[str, str | None]


def micros(clock: str) -> str:
    """Return the text of that time of day, as it is compared."""
    hours, minutes, seconds = (float(part) for part in f"{clock}:0".split(":")[:3])
    return str(round((hours * 3600 + minutes * 60 + seconds) * 1_000_000) + 1_767_312_000_000_000)


BASE: Texts = {
    "CONFLICTID": "7",
    "SSN": "900000001",
    "VisitID": "v1",
    "AideName": "Ann Example",
    "AideStatus": "Active",
    "PName": None,
    "VisitDate": micros("00:00"),
    "SchStartTime": micros("09:00"),
    "VisitStartTime": micros("09:00"),
    "VisitEndTime": micros("11:00"),
    "ConVisitStartTime": micros("11:20:30"),
    "ConVisitEndTime": micros("12:00"),
    "PLatitude": "40.7128",
    "PLongitude": "-74.006",
    "ConPLatitude": "40.8",
    "ConPLongitude": "-74.1",
    "DistanceMilesFromLatLng": "10.40",
    "AverageMilesPerHour": "30.00",
    "ETATravleMinutes": "21",
    "MinuteDiffBetweenSch": "21",
    "StatusFlag": "U",
    "UpdateFlag": None,
    "ResolveDate": None,
    **dict.fromkeys(RULE_COLUMNS, "N"),
    "DistanceFlag": "Y",
    **dict.fromkeys(GUARD_COLUMNS, None),
}


def pair(snowflake: Texts | None = None, postgres: Texts | None = None, both: Texts | None = None) -> Pair:
    """Return BASE in both systems, with these changes."""
    common = BASE | (both or {})
    return Pair(common | (snowflake or {}), common | (postgres or {}))
