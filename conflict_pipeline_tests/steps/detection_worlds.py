"""Small worlds for whole cycles: those of worlds.py with events, and with few of the pairs already there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from random import Random
from zoneinfo import ZoneInfo

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline_tests.reference.kinds import CONFLICTING, DATES, PRIMARY, Kind, other_side
from conflict_pipeline_tests.reference.world import absence, inservice, row
from conflict_pipeline_tests.steps.worlds import DAYS, Choice, Row, make_world

STATES = ("NY", "NY", "New York", "li", "NJ", "N.Y.", "", None, None)
ZIPS = ("10001", "10001", "10001", " 10001", "10002", "", None)
# Hours of the first of DAYS; one event lasts for days, one has no end, one ends before it starts.
EVENT_HOURS = ((9, 11), (9, 11), (10, 10), (11, 12), (-48, 72), (9, None), (11, 9))


def make_detection_world(count: int, seed: int, zone: ZoneInfo, window: Window) -> dict[str, list[Row]]:
    """Rows by table: `count` visits, most of them kept, and everything else as `seed` has it."""
    choice = Random(f"detection {count} {seed} {zone.key}").choice
    tables = make_world(count, seed, zone, window)
    for visit in tables["factvisitcallperformance_cr"]:
        visit["Is Missed"] = choice((False,) * 8 + (True, None))
        visit["Provider Patient Id"] = choice(("t0", "t0", "t1", visit["Provider Patient Id"]))
    for address in tables["dimpatientaddress"]:
        address.update({"Address State": choice(STATES), "Zip Code": choice(ZIPS)})
    for provider in tables["dimprovider"]:
        provider["Address State"] = choice(STATES)
    tables["factcaregiverinservice"] = [_inservice(choice, number, zone) for number in range(4)]
    tables["factcaregiverabsence"] = [_absence(choice, number) for number in range(3)]
    tables["conflictvisitmaps"] = _known_rows(choice, tables)
    tables["conflicts"] = [
        row("conflicts", {"CONFLICTID": Decimal(number), "StatusFlag": choice("URD")}) for number in (3, 7)
    ]
    tables["notifications"] = [_notification(choice, number) for number in range(2)]
    return tables


def _inservice(choice: Choice, number: int, zone: ZoneInfo) -> Row:
    start, end = (
        hour if hour is None else _clock(hour).replace(tzinfo=zone).astimezone(UTC)
        for hour in choice(EVENT_HOURS)
    )
    # Numbers are unique in an environment only.
    values = {
        "Application Caregiver Inservice Id": Decimal(number // 2),
        "Environment": f"e{number % 2}",
        "Caregiver Id": choice(("c0", "c1", "c2", None)),
        "Provider Id": choice(("p0", "p1", "p2", "p3")),
        "Office Id": choice(("o2", "o4", None)),
        "Inservice start date": start,
        "Inservice end date": end,
    }
    return inservice(number, values=values)


def _absence(choice: Choice, number: int) -> Row:
    start, end = (None if hour is None else _clock(hour) for hour in choice(EVENT_HOURS))
    values = {
        "Global Caregiver Id": choice(("c0", "c1", "c2", None)),
        "Provider Id": choice(("p0", "p1", "p2", "p3")),
        "Active": choice((True, None, None, False)),
    }
    return absence(number, start, end, values)


def _known_rows(choice: Choice, tables: dict[str, list[Row]]) -> list[Row]:
    """One in four of the pairs, and some rows of events, a few of which name no event of today."""
    pairs = [pair for pair in tables["conflictvisitmaps"] if choice((True, False, False, False))]
    for pair in pairs:
        # Rows of one visit mostly belong to one conflict.
        pair["CONFLICTID"] = choice((Decimal(7),) * 8 + (Decimal(3), Decimal(90), None, None))
    highest = max((pair["ID"] for pair in tables["conflictvisitmaps"]), default=Decimal(0))
    visits = tables["factvisitcallperformance_cr"]
    rows = [_event_row(choice, choice(visits), choice(tables["factcaregiverinservice"])) for _ in range(2)]
    if rows[0]["VisitID"] == rows[1]["VisitID"] and rows[0]["ConVisitID"] == rows[1]["ConVisitID"]:
        rows.pop()
    for number, event_row in enumerate(rows, start=1):
        event_row["ID"] = highest + number
    return [*pairs, *rows]


def _event_row(choice: Choice, visit: Row, event: Row) -> Row:
    side = choice((PRIMARY, CONFLICTING))
    app_id = str(event["Application Caregiver Inservice Id"])
    values = {
        "CONFLICTID": choice((Decimal(7), Decimal(80), None)),
        "VisitDate": visit["Visit Date"],
        f"{other_side(side)}VisitID": visit["Visit Id"],
        f"{side}VisitID": md5(f"I{app_id}".encode(), usedforsecurity=False).hexdigest(),
        f"{side}AppVisitID": choice((app_id,) * 30 + (f"{app_id}.00000",)),
        f"{side}ProviderID": event["Provider Id"],
        **{side + name: _clock(1) for name in DATES[Kind.INSERVICE]},
        **dict.fromkeys(RULE_COLUMNS, "N"),
        "InServiceFlag": choice(("Y", "N", None)),
        "StatusFlag": choice(("U", "R", "W", None)),
        "CreatedDate": _clock(choice((1, 2))),
    }
    return row("conflictvisitmaps", values)


def _notification(choice: Choice, number: int) -> Row:
    return {
        "ID": Decimal(number),
        "CONFLICTID": choice((Decimal(90), Decimal(80), Decimal(300))),
        "ProviderID": choice(("p0", "p1")),
        "AppProviderID": None,
        "NotificationType": choice(("New Conflict", "Resolved")),
        **dict.fromkeys(("CreatedDate", "CreatedDateTime", "ReadUnreadFlag", "Contract")),
    }


def _clock(hour: float) -> datetime:
    return datetime.combine(DAYS[0], datetime.min.time()) + timedelta(hours=hour)
