"""CONFLICTIDs, parents and `New Conflict` notifications (detect.md, I6, N, T2 and T5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from conflict_pipeline.postgres import tables as schema
from conflict_pipeline_tests.reference.columns import Columns
from conflict_pipeline_tests.reference.detection import DetectionSettings
from conflict_pipeline_tests.reference.dimensions import Tables
from conflict_pipeline_tests.reference.kinds import PRIMARY, Kind, is_event_side, kind_of

# Every table in which a number may have been used (N4).
NUMBERED_TABLES = (
    *("conflicts", "conflictvisitmaps", "conflictvisitmaps_temp"),
    *("notifications", "conflict_commu_inters"),
)
Primary = tuple[str, str | None]


@dataclass
class Numbering:
    """What the step adds and counts; the rows themselves it changes in place.

    `refused` are the rows that the guard (I6) leaves without a number, by kind, None for rows of no kind.
    `numbered` counts rows, `reused` and `new` count CONFLICTIDs. `last_number` is the highest one ever used.
    """

    last_number: Decimal
    refused: Counter[Kind | None] = field(default_factory=Counter)
    numbered: int = 0
    reused: int = 0
    new: int = 0
    primaries_with_several: int = 0
    parents: list[Columns] = field(default_factory=list)
    notifications: list[Columns] = field(default_factory=list)


def number_rows(
    tables: Tables, settings: DetectionSettings, last_number: Decimal, *, held_rows: bool
) -> Numbering:
    """Number the rows of `tables`, unless they are too many.

    `last_number` is the last value of the sequence, `held_rows` whether the conflict table held a row before.
    """
    rows = tables["conflictvisitmaps"]
    result = Numbering(max(last_number, highest_number(tables)))
    known = numbers_by_primary(rows)
    result.primaries_with_several = sum(len(numbers) > 1 for numbers in known.values())
    waiting = [row for row in rows if row["CONFLICTID"] is None and primary_of(row) is not None]
    if held_rows and not settings.accept_new_rows and len(waiting) > settings.max_new_rows:
        result.refused.update(kind_of(row) for row in waiting)
        return result
    result.numbered = len(waiting)
    assign_numbers(waiting, known, result)
    date_conflicts(rows)
    result.parents = missing_parents(tables, settings)
    if settings.notifications:
        result.notifications = new_conflict_notifications(tables, result.parents, settings)
    return result


def primary_of(row: Mapping[str, Any]) -> Primary | None:
    """N1: the visit's id, or the event's with its provider; None if it is not known."""
    visit_id = row["VisitID"]
    if not is_event_side(row, PRIMARY):
        return (visit_id, None) if visit_id else None
    provider_id = row["ProviderID"]
    return (visit_id, provider_id) if visit_id and provider_id is not None else None


def numbers_by_primary(rows: Iterable[Columns]) -> dict[Primary, set[Decimal]]:
    """The numbers of each primary, whatever the dates and statuses of its rows."""
    numbers: dict[Primary, set[Decimal]] = defaultdict(set)
    for row in rows:
        primary = primary_of(row)
        if primary is not None and row["CONFLICTID"] is not None:
            numbers[primary].add(row["CONFLICTID"])
    return dict(numbers)


def highest_number(tables: Tables) -> Decimal:
    numbers = (row["CONFLICTID"] for name in NUMBERED_TABLES for row in tables.get(name, []))
    return max((number for number in numbers if number is not None), default=Decimal(0))


def assign_numbers(
    waiting: Iterable[Columns], known: Mapping[Primary, set[Decimal]], result: Numbering
) -> None:
    """N2, N3: the lowest number of its primary, else the next new one, in the order of the primaries."""
    by_primary: dict[Primary, list[Columns]] = defaultdict(list)
    for row in waiting:
        if primary := primary_of(row):
            by_primary[primary].append(row)
    for primary in sorted(by_primary, key=bytes_of):
        if primary in known:
            number = min(known[primary])
            result.reused += 1
        else:
            number = result.last_number = result.last_number + 1
            result.new += 1
        for row in by_primary[primary]:
            row["CONFLICTID"] = number


def bytes_of(primary: Primary) -> tuple[bytes, bytes]:
    visit_id, provider_id = primary
    return visit_id.encode(), (provider_id or "").encode()


def date_conflicts(rows: Iterable[Columns]) -> None:
    """N6: a row that joins an old conflict gets its age."""
    created: dict[Decimal, list[datetime]] = defaultdict(list)
    for row in rows:
        if row["CONFLICTID"] is not None and row["CreatedDate"] is not None:
            created[row["CONFLICTID"]].append(row["CreatedDate"])
    for row in rows:
        if row["CRDATEUNIQUE"] is None and row["CONFLICTID"] is not None:
            row["CRDATEUNIQUE"] = min(created[row["CONFLICTID"]], default=None)


def missing_parents(tables: Tables, settings: DetectionSettings) -> list[Columns]:
    """T2: a parent for each number that has none."""
    there = {parent["CONFLICTID"] for parent in tables.get("conflicts", [])}
    used = {row["CONFLICTID"] for row in tables["conflictvisitmaps"]} - {None}
    blank = dict.fromkeys(column.name for column in schema.get_table("conflicts").columns)
    return [
        {
            **blank,
            "CONFLICTID": number,
            "RECORDEDDATETIME": settings.detected_at,
            "CreatedDate": datetime.combine(settings.today, time()),
            "StatusFlag": "U",
        }
        for number in sorted(used - there)
    ]


def new_conflict_notifications(
    tables: Tables, parents: Iterable[Columns], settings: DetectionSettings
) -> list[Columns]:
    """T5: one for each agency of a new parent's rows, without their IDs; none comes twice."""
    there = {notification_key(known) for known in tables.get("notifications", [])}
    new = {parent["CONFLICTID"] for parent in parents}
    wanted = {
        (row["CONFLICTID"], row["ProviderID"], row["AppProviderID"], "New Conflict")
        for row in tables["conflictvisitmaps"]
        if row["CONFLICTID"] in new
    }
    return [
        {
            "CONFLICTID": number,
            "ProviderID": provider_id,
            "AppProviderID": app_provider_id,
            "NotificationType": notification_type,
            "CreatedDate": settings.today,
            "CreatedDateTime": settings.detected_at,
            "ReadUnreadFlag": None,
            "Contract": None,
        }
        for number, provider_id, app_provider_id, notification_type in wanted - there
    ]


def notification_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """NULL equals NULL."""
    return row["CONFLICTID"], row["ProviderID"], row["AppProviderID"], row["NotificationType"]
