"""Small complete rows to compute with: what a test does not mention has a harmless value."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline.postgres import tables
from conflict_pipeline_tests.reference.cycle import Expected, expected_after_cycle
from conflict_pipeline_tests.reference.detection import DetectionSettings
from conflict_pipeline_tests.reference.whole_cycle import Outcome, expected_after_whole_cycle

DAY = date(2026, 3, 2)
DETECTED_AT = datetime(2026, 3, 2, 2, 30)  # noqa: DTZ001 (a wall clock)
UTC = ZoneInfo("UTC")
Tables = dict[str, list[dict[str, Any]]]
Times = tuple[datetime | None, datetime | None]
UNKNOWN: Times = (None, None)


def row(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row with every column of the table; those that are not given are NULL."""
    blank: dict[str, Any] = {column.name: None for column in tables.get_table(table).columns}
    unknown = values.keys() - blank.keys()
    if unknown:
        raise KeyError(f"{table} has no {sorted(unknown)}")
    return {**blank, **values}


def at(clock: str, day: date = DAY) -> datetime:
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time())  # noqa: DTZ007 (a wall clock)


def hours(start: str | None, end: str | None) -> Times:
    """The times of a visit, `hours("09:00", "11:00")`; None is NULL."""
    return (at(start) if start else None, at(end) if end else None)


def visit(number: int, values: Mapping[str, Any], *, scheduled: Times, actual: Times) -> dict[str, Any]:
    """Visit `v<number>` of caregiver c1 for provider p<number>; scheduled times are UTC."""
    start, end = (time and time.replace(tzinfo=UTC) for time in scheduled)
    return row(
        "factvisitcallperformance_cr",
        {
            "Visit Id": f"v{number}",
            "Caregiver Id": "c1",
            "Provider Id": f"p{number}",
            "Visit Date": DAY,
            "Scheduled Start Time": start,
            "Scheduled End Time": end,
            "Visit Start Time": actual[0],
            "Visit End Time": actual[1],
            **values,
        },
    )


def kept_visit(
    number: int,
    values: Mapping[str, Any] | None = None,
    *,
    scheduled: Times = UNKNOWN,
    actual: Times = UNKNOWN,
) -> dict[str, Any]:
    """A visit that is known not to be missed, with an application id."""
    ids = {"Is Missed": False, "Application Visit Id": Decimal(100 + number)}
    return visit(number, {**ids, **(values or {})}, scheduled=scheduled, actual=actual)


def inservice(number: int, times: Times = UNKNOWN, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """In-service training `number` of caregiver c1 for provider p2; its times are UTC."""
    start, end = (time and time.replace(tzinfo=UTC) for time in times)
    return row(
        "factcaregiverinservice",
        {
            "Application Caregiver Inservice Id": Decimal(number),
            "Environment": "e1",
            "Caregiver Id": "c1",
            "Provider Id": "p2",
            "Inservice start date": start,
            "Inservice end date": end,
            **(values or {}),
        },
    )


def absence(
    number: int, start: datetime | None, end: datetime | None, values: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Absence `number` of caregiver c1 at provider p2; whether it is active is unknown."""
    known = row(
        "factcaregiverabsence",
        {
            "Caregiver Vacation Id": Decimal(number),
            "Environment": "e1",
            "Global Caregiver Id": "c1",
            "Provider Id": "p2",
            "Start Date": start,
            "End Date": end,
        },
    )
    return {**known, "Active": None, **(values or {})}


def provider(name: str, **values: Any) -> dict[str, Any]:
    return row("dimprovider", {"Provider Id": name, "Is Active": True, "Is Demo": False, **values})


def pair(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the pair v1, v2, with every rule's flag N."""
    return row(
        "conflictvisitmaps",
        {
            "ID": Decimal(1),
            "CONFLICTID": Decimal(7),
            "SSN": "900000001",
            "VisitDate": DAY,
            "VisitID": "v1",
            "ConVisitID": "v2",
            "StatusFlag": "R",
            **dict.fromkeys(RULE_COLUMNS, "N"),
            **values,
        },
    )


def world(*visits: dict[str, Any], **tables: list[dict[str, Any]]) -> Tables:
    """Tables with caregiver c1, providers p1 and p2, one pair, one speed, and whatever is given instead."""
    return {
        "factvisitcallperformance_cr": list(visits),
        "dimcaregiver": [row("dimcaregiver", {"Caregiver Id": "c1", "SSN": " 900000001 "})],
        "dimprovider": [provider("p1"), provider("p2")],
        "settings": [row("settings", {"ID": Decimal(0), "ExtraDistancePer": Decimal("1.00")})],
        "mph": [band(1, 0, 20_000, 30)],
        "conflictvisitmaps": [pair({})],
        **tables,
    }


def band(number: int, low: int | None, high: int | None, speed: int | None) -> dict[str, Any]:
    figures = {"ID": number, "From": low, "To": high, "AverageMilesPerHour": speed}
    return row("mph", {name: None if value is None else Decimal(value) for name, value in figures.items()})


def outcome(tables: Tables, zone: ZoneInfo = UTC) -> Expected:
    """What a cycle over a window of three days about DAY leaves behind."""
    return expected_after_cycle(tables, DAY - timedelta(days=1), DAY + timedelta(days=1), zone)


def detection_settings(**changes: Any) -> DetectionSettings:
    """A cycle on DAY over a window of three days about it, with `changes`."""
    settings: dict[str, Any] = {
        "window": Window(DAY - timedelta(days=1), DAY + timedelta(days=1)),
        "today": DAY,
        "detected_at": DETECTED_AT,
        "zone": UTC,
    }
    return DetectionSettings(**{**settings, **changes})


def detect(tables: Tables, last_number: int = 0, **changes: Any) -> Outcome:
    """What a whole cycle leaves behind, with `changes` of its settings."""
    return expected_after_whole_cycle(tables, detection_settings(**changes), Decimal(last_number))


def new_world(*visits: dict[str, Any], **tables: list[dict[str, Any]]) -> Tables:
    """A world whose conflict table is empty, unless it is given."""
    return world(*visits, **{"conflictvisitmaps": [], **tables})
