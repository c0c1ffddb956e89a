"""Small worlds for Task 02: a few visits of a few caregivers, and all pairs of them.

Drawn from short lists, so that equal, touching and missing values are frequent. What no rule looks at is
filled in from the row's own id: distinct, often NULL, and as long as the column holds.

Hypothesis is meant to draw the number of visits, which it can shrink, and a seed for everything else: drawn
one by one, hundreds of choices make for worlds where nothing conflicts, in many nearly equal copies.
"""

import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from conflict_pipeline.model import RULE_COLUMNS, Window
from conflict_pipeline.postgres import tables
from conflict_pipeline_tests.reference.cycle import GUARD_COLUMNS
from conflict_pipeline_tests.reference.world import band, row

Row = dict[str, Any]
Hours = tuple[float | None, float | None]
Choice = Callable[[Sequence[Any]], Any]

# The ends of summer time in New York, and an ordinary day.
DAYS = (date(2025, 11, 2), date(2025, 3, 9), date(2025, 6, 10))
SSNS = ("900000001", " 900000001 ", "900000002", "900000002", "\t900000002", "900000003", "  ", None)
FLAGS = (*((True, False),) * 3, (False, False), (True, True), (None, False), (True, None))
# Hours of the visit date, from and to; above 24 is the next day.
INTERVALS: tuple[Hours, ...] = (
    *((9.0, 11.0), (9.0, 11.0), (9.0, 10.0), (10.0, 11.0), (11.0, 12.0), (11.5, 12.0), (10.0, 12.0)),
    *((1.5, 2.5), (23.5, 24.5), (24.0, 25.0), (9.0, 9.0), (11.0, 9.0)),
    *((9.0, None), (None, 11.0)),
)
NEITHER = (None, None)
PLACES = (
    *("40.7,-73.9", '"40.7,-73.9"', " 40.70 , -73.90\t", "40.71,-73.95", "40.9,-73.0", "41,-74"),
    *("-40.7,106.1", "90,0", "-90,0", "90,77", "0,180", "0,-180", "-0,0", "1e-5,4e1", "+.5,5.", '"0","1"'),
)
NOT_PLACES = (
    None,
    None,
    ",",
    '","',
    "",
    '"',
    "91,0",
    "0,-180.5",
    "1,2,3",
    "here",
    "NaN,0",
    "1e400,0",
    "9" * 100,
)
RULE_TIMES = ("Scheduled Start Time", "Scheduled End Time", "Visit Start Time", "Visit End Time")
# Times that are none.
BAD_TIMES = ("infinity", "-infinity", "0044-03-15 BC", "12026-03-02")
BANDS = (
    *((0, 5, 20), (5, 15, 30), (6, 15, 30), (15, 20_000, 55), (0, 20_000, 1), (0, 20_000, 500)),
    *((None, 20_000, 10), (0, None, 10), (0, 20_000, 40)),
)
# What a row looked like before the cycle, where it is not an ordinary one.
OLD_ROWS: tuple[Row, ...] = (
    *({},) * 24,
    *(dict.fromkeys(RULE_COLUMNS, flag) for flag in ("Y", None, "X")),
    *({"StatusFlag": status} for status in ("W", "I", "D", None)),
    *({"UpdateFlag": Decimal(flag)} for flag in (0, 1)),
    *(
        {"CONFLICTID": None},
        {"VisitID": None},
        {"ConVisitID": "unknown"},
        {"PName": "old", "ConPCity": "old"},
    ),
    *({name: datetime(2025, 1, 1, tzinfo=UTC)} for name in ("InserviceStartDate", "ConPTOEndDate")),
)


def make_world(count: int, seed: int, zone: ZoneInfo, window: Window) -> dict[str, list[Row]]:
    """Rows by table: `count` visits, and everything else as `seed` has it."""
    choice = Random(f"{count} {seed} {zone.key}").choice
    days = [*DAYS[: choice((1, 2, 3))]]
    edges = [window.window_start, window.window_end, window.window_start - timedelta(days=1)]
    usual = [choice(INTERVALS) for _ in range(3)]
    visits = [
        _visit(choice, number, zone, [*days[:1] * 60, *days * 5, *edges, None], usual)
        for number in range(count)
    ]
    return {
        "factvisitcallperformance_cr": visits,
        "dimcaregiver": [
            _filled("dimcaregiver", {"Caregiver Id": f"c{n}", "SSN": ssn}) for n, ssn in enumerate(SSNS)
        ],
        "dimpatient": [_filled("dimpatient", {"Patient Id": f"t{n}"}) for n in range(3)],
        "dimpatientaddress": [_address(choice, name) for name in ("a9", "a10", "B1", "b0")],
        "dimservicecode": [_filled("dimservicecode", {"Service Code Id": f"s{n}"}) for n in range(2)],
        "dimuser": [_filled("dimuser", {"User Id": f"u{n}"}) for n in range(2)],
        **_switched_dimensions(choice),
        **_settings(choice),
        "conflictvisitmaps": _pairs(choice, visits, [*days, *edges]),
    }


def _visit(choice: Choice, number: int, zone: ZoneInfo, days: list[date | None], usual: list[Hours]) -> Row:
    day = choice(days)
    scheduled = choice((*usual * 5, *INTERVALS, NEITHER))
    actual = choice((*(NEITHER,) * 16, *usual * 5, *INTERVALS))
    bad = choice((*({},) * 30, *({name: choice(BAD_TIMES)} for name in RULE_TIMES)))
    fold = choice((0, 1))
    own_provider = f"p{number % 3}"
    values = {
        "Visit Id": f"v{number}",
        "Caregiver Id": choice((*("c0", "c1") * 30, *(f"c{n}" for n in range(len(SSNS))), None)),
        "Provider Id": choice((*(own_provider,) * 40, "p3", "p4", "p5", "unknown", None)),
        "Visit Date": day,
        "Scheduled Start Time": _instant(day, scheduled[0], zone, fold),
        "Scheduled End Time": _instant(day, scheduled[1], zone, fold),
        "Visit Start Time": _wall_clock(day, actual[0]),
        "Visit End Time": _wall_clock(day, actual[1]),
        # None of these changes what is equal or overlaps.
        "Call In Time": choice((*(_wall_clock(day, actual[0]),) * 4, *BAD_TIMES)),
        "Invoice Date": choice((day, day, *BAD_TIMES)),
        "Billed": choice(("yes", "no", "Yes", None)),
        "Application Payer Id": choice((Decimal(0), Decimal(5), None)),
        "Application Contract Id": choice((Decimal(0), Decimal(6), None)),
        "Office Id": choice(("o2", "o3", "o4", "unknown", None)),
        "Payer Id": choice(("y2", "y3", "y4", "unknown", None)),
        "Contract Id": choice(("k2", "k3", "k4", "unknown", None)),
        "Service Code Id": choice(("s0", "s1", "unknown", None)),
        "Visit Updated User Id": choice(("u0", "u1", "unknown", None)),
        "Provider Patient Id": choice(("t0", "t1", "t2", "unknown", None)),
        "Payer Patient Id": choice(("t0", "t1", "t2", "unknown", None)),
        "Is Missed": choice((True, False, None)),
        "Call In GPS Coordinates": choice((*PLACES, *NOT_PLACES)),
        "Call Out GPS Coordinates": choice((*PLACES, *NOT_PLACES)),
    }
    return _filled("factvisitcallperformance_cr", {**values, **bad})


def _switched_dimensions(choice: Choice) -> dict[str, list[Row]]:
    """The dimensions that can be inactive or demo: the first three rows of each are neither."""
    flags = [*((True, False),) * 3, *(choice(FLAGS) for _ in range(3))]
    keys = {"dimprovider": ("Provider Id", "p"), "dimpayer": ("Payer Id", "y")}
    only_active = {"dimoffice": ("Office Id", "o"), "dimcontract": ("Contract Id", "k")}
    return {
        **{
            table: [
                _filled(table, {key: f"{letter}{n}", "Is Active": active, "Is Demo": demo})
                for n, (active, demo) in enumerate(flags)
            ]
            for table, (key, letter) in keys.items()
        },
        **{
            table: [
                _filled(table, {key: f"{letter}{n}", "Is Active": active})
                for n, (active, _) in enumerate(flags)
            ]
            for table, (key, letter) in only_active.items()
        },
    }


def _settings(choice: Choice) -> dict[str, list[Row]]:
    extra = choice((*("1.00",) * 4, "1.25", "0.01"))
    # A cycle runs only with a factor and with a band that has a range and a speed.
    bands = [*(choice(BANDS) for _ in range(choice((0, 1, 2, 2)))), choice(BANDS[:6])]
    providers = [choice((None, "p4", "p9")) for _ in range(choice((0, 1, 2)))]
    ssns = [choice((None, " 900000003", "900000009 ", "")) for _ in range(choice((0, 1, 2)))]
    return {
        "settings": [row("settings", {"ID": Decimal(0), "ExtraDistancePer": Decimal(extra)})],
        # Against the order of their IDs, so that the order in the table decides nothing.
        "mph": [band(len(bands) - n, *figures) for n, figures in enumerate(bands)],
        "excluded_agency": [
            row("excluded_agency", {"ID": Decimal(n), "ProviderID": name}) for n, name in enumerate(providers)
        ],
        "excluded_ssn": [row("excluded_ssn", {"ID": Decimal(n), "SSN": ssn}) for n, ssn in enumerate(ssns)],
    }


def _address(choice: Choice, name: str) -> Row:
    created = choice((None, 2020, 2020, 2024))
    values = {
        "Patient Address Id": name,
        "Patient Id": choice(("t0", "t0", "t1", None)),
        "Primary Address": choice((True, True, True, False, None)),
        "Address Type": choice(("GPS", "GPS", "Home, GPS", "Home, gps", None)),
        "Latitude": choice((Decimal("40.71200000"), Decimal(-90), Decimal(91), None)),
        "Longitude": choice((Decimal("-74.00600000"), Decimal(180), None)),
        "Application Created UTC Timestamp": created and datetime(created, 1, 1, tzinfo=UTC),
    }
    return _filled("dimpatientaddress", values)


def _pairs(choice: Choice, visits: list[Row], days: list[date]) -> list[Row]:
    """Every ordered pair, as an earlier cycle may have left it: with another date or SSN, with old values."""
    rows: list[Row] = []
    for primary in visits:
        for conflicting in visits:
            values = {
                "ID": Decimal(len(rows) + 1),
                "CONFLICTID": Decimal(7),
                "VisitDate": choice((*[primary["Visit Date"]] * 9, *days)),
                "SSN": choice(("900000001", "900000001", "900000002", "900000009", None)),
                "VisitID": primary["Visit Id"],
                "ConVisitID": conflicting["Visit Id"],
                "StatusFlag": "R",
                **dict.fromkeys(RULE_COLUMNS, "N"),
                **dict.fromkeys(GUARD_COLUMNS),
            }
            complete = choice((_filled, row, row, row))
            rows.append(complete("conflictvisitmaps", {**values, **choice(OLD_ROWS)}))
    return rows


def _wall_clock(day: date | None, hour: float | None) -> datetime | None:
    if hour is None:
        return None
    return datetime.combine(day or DAYS[0], time()) + timedelta(hours=hour)


def _instant(day: date | None, hour: float | None, zone: ZoneInfo, fold: int) -> datetime | None:
    clock = _wall_clock(day, hour)
    return clock and clock.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _filled(table: str, values: Row) -> Row:
    """The row with every column that `values` leaves out filled, one in four with NULL."""
    name = "/".join(str(value) for value in values.values())
    filled = {
        column.name: filling(column.type_name, zlib.crc32(f"{name}/{column.name}".encode()))
        for column in tables.get_table(table).columns
        if column.name not in values
    }
    return row(table, {**filled, **values})


def filling(type_name: str, seed: int) -> Any:
    name, _, arguments = type_name.removesuffix(")").partition("(")
    if seed % 4 == 0:
        return None
    if name == "varchar":
        return (f"{seed}" * 60)[: int(arguments)]
    if name == "numeric":
        return Decimal(seed % 100_000).scaleb(-int(arguments.split(",")[1]))
    if name == "boolean":
        return seed % 2 == 1
    moment = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=seed % 10_000_000)
    return {"timestamptz": moment, "timestamp": moment.replace(tzinfo=None), "date": moment.date()}[name]
