"""Random changes between two cycles, to every table that the result of a cycle depends on.

A change is one statement, committed at once where the session is in no transaction.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from psycopg import sql

from conflict_pipeline.model import RULE_COLUMNS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.postgres.tables import VISITS
from conflict_pipeline_tests.reference.comparison import identifier
from conflict_pipeline_tests.rows import insert, tolerant_cursor
from conflict_pipeline_tests.steps.worlds import DAYS, SSNS, filling

Row = dict[str, Any]
Change = Callable[[Session, Random, dict[str, list[Row]]], None]

ROWS = "conflictvisitmaps"
PATIENTS, ADDRESSES, CAREGIVERS = "dimpatient", "dimpatientaddress", "dimcaregiver"
SWITCHED = ("dimprovider", "dimoffice", "dimpayer", "dimcontract")
DIMENSIONS = (*SWITCHED, PATIENTS, ADDRESSES, CAREGIVERS, "dimservicecode", "dimuser")
# The column of a visit that names a row of each dimension, and other ids that each column can get.
NAMED_BY = {
    CAREGIVERS: "Caregiver Id",
    "dimprovider": "Provider Id",
    "dimoffice": "Office Id",
    PATIENTS: "Provider Patient Id",
    "dimpayer": "Payer Id",
    "dimcontract": "Contract Id",
    "dimservicecode": "Service Code Id",
    "dimuser": "Visit Updated User Id",
}
IDS_OF_VISITS = {
    "Caregiver Id": ("c0", "c1", "c2", "c5", "unknown", None),
    "Provider Id": ("p0", "p1", "p2", "p3", "new", None),
    "Office Id": ("o0", "o1", "new", None),
    "Provider Patient Id": ("t0", "t1", "new", None),
    "Payer Patient Id": ("t0", "t2", "new", None),
    "Payer Id": ("y0", "y1", "new", None),
    "Contract Id": ("k0", "k1", "new", None),
    "Service Code Id": ("s0", "s1", "new", None),
    "Visit Updated User Id": ("u0", "u1", "new", None),
}


def visit_takes_other_values(session: Session, random: Random, world: dict[str, list[Row]]) -> None:
    """Give one visit the values of a visit of another world."""
    other = {name: value for name, value in random.choice(world[VISITS]).items() if name != "Visit Id"}
    _update(session, VISITS, _any_key(session, random, VISITS), {**other, **_now(random)})


def visit_is_of_another(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Assign one visit to another caregiver, provider, patient or other dimension row."""
    name = random.choice([*IDS_OF_VISITS])
    values = {name: random.choice(IDS_OF_VISITS[name]), **_now(random)}
    _update(session, VISITS, _any_key(session, random, VISITS), values)


def visit_is_moved(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Give one visit another date, or none."""
    values = {"Visit Date": random.choice((*DAYS, DAYS[0], None)), **_now(random)}
    _update(session, VISITS, _any_key(session, random, VISITS), values)


def visit_becomes_open(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Remove the actual start, the actual end or both from one visit."""
    names = random.choice(
        (("Visit Start Time",), ("Visit End Time",), ("Visit Start Time", "Visit End Time"))
    )
    values = {**dict.fromkeys(names), **_now(random)}
    _update(session, VISITS, _any_key(session, random, VISITS), values)


def visit_is_inserted(session: Session, random: Random, world: dict[str, list[Row]]) -> None:
    """Insert a visit whose id rows may contain already: that of a deleted visit, or `unknown`."""
    there = {row["Visit Id"] for row in _rows(session, VISITS)}
    missing = [name for name in ("unknown", *(row["Visit Id"] for row in world[VISITS])) if name not in there]
    if missing:
        # Often at the time of another one, so that it conflicts.
        like = random.choice((*_rows(session, VISITS), random.choice(world[VISITS])))
        who = {"Caregiver Id": random.choice(("c0", "c1")), "Provider Id": random.choice(("p0", "p1", "p2"))}
        insert(session, VISITS, **{**like, **who, **_now(random), "Visit Id": missing[0]})


def visit_is_deleted(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    _delete(session, VISITS, _any_key(session, random, VISITS))


def visit_gets_another_id(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    there = {row["Visit Id"] for row in _rows(session, VISITS)}
    free = [name for name in ("unknown", "v0", "v1", "new") if name not in there]
    new = random.choice(free or [f"new{random.randrange(10**9)}"])
    _update(session, VISITS, _any_key(session, random, VISITS), {"Visit Id": new, **_now(random)})


def dimension_changes(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Change one column, except the key, of one dimension row."""
    table = random.choice(DIMENSIONS)
    column = random.choice([each for each in tables.get_table(table).columns if not each.in_primary_key])
    value = filling(column.type_name, random.randrange(1_000_000))
    if column.name in ("Is Active", "Is Demo", "Primary Address"):
        value = random.choice((True, False, None))
    elif column.name == "SSN":
        value = random.choice(SSNS)
    elif column.name == "Patient Id":
        value = random.choice(("t0", "t1", "t2", None))
    elif column.name == "Address Type":
        value = random.choice(("GPS", "Home", None))
    elif column.name in ("Latitude", "Longitude"):
        value = random.choice((Decimal("40.5"), Decimal(-12), None))
    _update(session, table, _any_key(session, random, table), {column.name: value})


def caregiver_gets_another_ssn(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    _update(session, CAREGIVERS, random.choice(("c0", "c1")), {"SSN": random.choice(SSNS)})


def one_that_visits_name_is_switched(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Activate or deactivate a provider, office, payer or contract."""
    table = random.choice(SWITCHED)
    value = random.choice((True, False))
    _update(session, table, _any_key(session, random, table), {"Is Active": value})


def dimension_row_is_inserted(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Insert a dimension row that visits may refer to already, or another address of a patient."""
    table = random.choice(DIMENSIONS)
    key = tables.get_table(table).primary_key[0]
    if table == ADDRESSES:
        values = {
            key: f"z{random.randrange(10)}",
            "Patient Id": random.choice(("t0", "t1")),
            "Primary Address": True,
            "Address Type": "GPS",
            "Application Created UTC Timestamp": datetime(2025, 1, 1, tzinfo=UTC),
            "Latitude": Decimal("40.7"),
            "Longitude": Decimal("-73.9"),
            "City": "elsewhere",
        }
    else:
        values = {key: random.choice(("unknown", "new"))}
    if table in SWITCHED:
        values |= {"Is Active": True}
    if table in ("dimprovider", "dimpayer"):
        values |= {"Is Demo": False}
    if table == CAREGIVERS:
        values |= {"SSN": "900000001"}
    if all(row[key] != values[key] for row in _rows(session, table)):
        insert(session, table, **values)


def dimension_row_is_deleted(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    table = random.choice(DIMENSIONS)
    _delete(session, table, _any_key(session, random, table))


def dimension_row_gets_another_key(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    table = random.choice(DIMENSIONS)
    key = tables.get_table(table).primary_key[0]
    there = {row[key] for row in _rows(session, table)}
    new = random.choice([name for name in ("unknown", "new", "newer") if name not in there] or ["newest"])
    if new not in there:
        _update(session, table, _any_key(session, random, table), {key: new})


def row_is_changed_by_others(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Change a column that decides whether or how a row is updated, or one that an update writes."""
    visits = [row["Visit Id"] for row in _rows(session, VISITS)]
    column, values = random.choice(
        (
            ("StatusFlag", ("W", "I", "D", "U", None)),
            ("VisitID", (*visits, "unknown", None)),
            ("ConVisitID", (*visits, "unknown", None)),
            ("CONFLICTID", (Decimal(7), Decimal(8), None)),
            ("VisitDate", (*DAYS, None)),
            ("SSN", ("900000001", "900000009", None)),
            ("InserviceStartDate", (datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None), None)),
            ("ConPTOEndDate", (datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None), None)),
            ("UpdateFlag", (Decimal(0), Decimal(1), None)),
            (random.choice([*RULE_COLUMNS]), ("N", "Y", None)),
            ("ResolveDate", (datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None),)),
            ("PName", ("by others",)),
            ("AideName", ("by others", None)),
        )
    )
    _update(session, ROWS, _any_key(session, random, ROWS), {column: random.choice(values)})


def row_is_inserted(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    rows = _rows(session, ROWS)
    visits = [row["Visit Id"] for row in _rows(session, VISITS)]
    insert(
        session,
        ROWS,
        **{
            "ID": max((row["ID"] for row in rows), default=0) + 1,
            "CONFLICTID": random.choice((Decimal(7), Decimal(7), None)),
            "VisitDate": random.choice(DAYS),
            "SSN": random.choice(("900000001", None)),
            "VisitID": random.choice((*visits, "unknown")),
            "ConVisitID": random.choice((*visits, "unknown")),
            "StatusFlag": "N",
            **dict.fromkeys(RULE_COLUMNS, "N"),
        },
    )


def row_is_deleted(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    _delete(session, ROWS, _any_key(session, random, ROWS))


def nothing(session: Session, _: Random, __: dict[str, list[Row]]) -> None:
    """Change only InProgressFlag, which no result depends on."""
    session.execute("cycles/update_refresh_flag", {"flag": 1})


def rules_change(session: Session, random: Random, _: dict[str, list[Row]]) -> None:
    """Change a setting, a speed band or an exclusion, which can affect every row."""
    random.choice(
        (
            lambda: insert(session, "excluded_agency", ID=random.randrange(100, 10**9), ProviderID="p0"),
            lambda: insert(session, "excluded_ssn", ID=random.randrange(100, 10**9), SSN=" 900000001"),
            lambda: session.conn.execute("DELETE FROM conflict.excluded_agency"),
            lambda: session.conn.execute("DELETE FROM conflict.excluded_ssn"),
            lambda: session.conn.execute('UPDATE conflict.settings SET "ExtraDistancePer" = 1.5'),
            lambda: session.conn.execute('UPDATE conflict.mph SET "AverageMilesPerHour" = 2'),
            lambda: session.conn.execute('DELETE FROM conflict.mph WHERE "ID" <> 1'),
        )
    )()


CHANGES: tuple[Change, ...] = (
    visit_takes_other_values,
    visit_is_of_another,
    visit_is_moved,
    visit_becomes_open,
    visit_is_inserted,
    visit_is_deleted,
    visit_gets_another_id,
    *(dimension_changes,) * 4,
    caregiver_gets_another_ssn,
    one_that_visits_name_is_switched,
    dimension_row_is_inserted,
    dimension_row_is_deleted,
    dimension_row_gets_another_key,
    *(row_is_changed_by_others,) * 3,
    row_is_inserted,
    row_is_deleted,
    nothing,
)


def _now(random: Random) -> Row:
    """Return the recorded time of a change: now, years ago, unknown, or in the future."""
    moment = datetime.now(UTC) + timedelta(hours=random.choice((0, 0, -20, -20_000, 48)))
    return {"Updated Datatimestamp": random.choice((moment, None))}


def _rows(session: Session, table: str) -> list[Row]:
    """Return the rows of the table, whose first column is the key."""
    query = sql.SQL("SELECT * FROM {} ORDER BY 1").format(identifier(session, table))
    return tolerant_cursor(session).execute(query).fetchall()


def _any_key(session: Session, random: Random, table: str) -> Any:
    """Return a key of the table, preferably one that a visit refers to."""
    keys = [next(iter(row.values())) for row in _rows(session, table)]
    if table in NAMED_BY and random.random() < 0.8:
        named = {row[NAMED_BY[table]] for row in _rows(session, VISITS)}
        keys = [key for key in keys if key in named] or keys
    return random.choice(keys) if keys else None


def _update(session: Session, table: str, key: Any, values: Row) -> None:
    """Update these columns of the row with this key."""
    statement = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        identifier(session, table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values),
        sql.Identifier(tables.get_table(table).primary_key[0]),
    )
    session.conn.execute(statement, [*values.values(), key])


def _delete(session: Session, table: str, key: Any) -> None:
    statement = sql.SQL("DELETE FROM {} WHERE {} = %s").format(
        identifier(session, table), sql.Identifier(tables.get_table(table).primary_key[0])
    )
    session.conn.execute(statement, [key])
