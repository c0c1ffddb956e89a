"""Columns computed from the row itself (detect.md, C1 to C3)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from conflict_pipeline_tests.reference.columns import Columns
from conflict_pipeline_tests.reference.kinds import CONFLICTING, PRIMARY
from conflict_pipeline_tests.reference.numbers import round_half_away

MAX_REVERSE_UUID = 100


def computed_columns(row: Mapping[str, Any]) -> Columns:
    """The seven columns of a row whose other columns are as they are stored."""
    stays = row["ReverseUUID"]
    return {
        "ReverseUUID": reverse_uuid(row) if stays is None else stays,
        "ShVTSTTime": shift_time(row, PRIMARY, "Start"),
        "ShVTENTime": shift_time(row, PRIMARY, "End"),
        "CShVTSTTime": shift_time(row, CONFLICTING, "Start"),
        "CShVTENTime": shift_time(row, CONFLICTING, "End"),
        "BilledRateMinute": rate_a_minute(row, PRIMARY),
        "ConBilledRateMinute": rate_a_minute(row, CONFLICTING),
    }


def reverse_uuid(row: Mapping[str, Any]) -> str | None:
    """C1: the same for both rows of a pair, because the sides are ordered byte by byte."""
    ids = [(row[f"{prefix}VisitID"], row[f"{prefix}AppVisitID"]) for prefix in (PRIMARY, CONFLICTING)]
    if any(value is None for side in ids for value in side):
        return None
    sides = sorted(("~".join(side) for side in ids), key=str.encode)
    return "_".join(sides)[:MAX_REVERSE_UUID]


def shift_time(row: Mapping[str, Any], prefix: str, end: str) -> Any:
    """C2: `end` is "Start" or "End". Absences give none, because they are dates."""
    names = (f"Visit{end}Time", f"Sch{end}Time", f"Inservice{end}Date")
    return next((row[prefix + name] for name in names if row[prefix + name] is not None), None)


def rate_a_minute(row: Mapping[str, Any], prefix: str) -> Decimal:
    """C3: money a minute; 0 where it cannot be known."""
    rate = row[f"{prefix}BillRateBoth"]
    minutes = billed_minutes(row, prefix)
    if rate is None or rate <= 0 or minutes is None or minutes <= 0:
        return round_half_away(Fraction(0), 15)
    return round_half_away(Fraction(rate) / minutes, 15)


def billed_minutes(row: Mapping[str, Any], prefix: str) -> Fraction | None:
    """The minutes that the rate pays for, or None if they are unknown."""
    rate_type, billed = row[f"{prefix}RateType"], row[f"{prefix}Billed"]
    if rate_type == "Hourly":
        return Fraction(60)
    if rate_type not in ("Daily", "Visit"):
        return None
    if billed == "yes":
        hours = row[f"{prefix}BilledHours"]
        return None if hours is None else Fraction(hours) * 60
    start, end = row[f"{prefix}SchStartTime"], row[f"{prefix}SchEndTime"]
    if start is None or end is None:
        return None
    return Fraction((end - start) // timedelta(microseconds=1), 60_000_000)
