"""In-service and PTO: events, their pairs with visits, and their rows (detect.md, S, P and U)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import md5
from typing import Any, Final
from zoneinfo import ZoneInfo

from conflict_pipeline_tests.reference.columns import Columns, prefixed, side_columns
from conflict_pipeline_tests.reference.detection import (
    Candidate,
    DetectionSettings,
    columns_of_the_insert,
    is_crowded,
    new_row,
    qualified_visits,
)
from conflict_pipeline_tests.reference.dimensions import NO_ROW, Dimensions, Row, Tables, trimmed
from conflict_pipeline_tests.reference.kinds import (
    CONFLICTING,
    DATES,
    PRIMARY,
    Kind,
    event_side,
    kind_of,
    other_side,
)
from conflict_pipeline_tests.reference.numbers import text_of_number
from conflict_pipeline_tests.reference.states import is_cross_state, states_of_provider, states_of_visit
from conflict_pipeline_tests.reference.visits import Visit, local

EVENT_ID: Final = re.compile(r"[0-9a-f]{32}")
APP_ID: Final = {Kind.INSERVICE: re.compile(r"-?[0-9]+"), Kind.PTO: re.compile(r"-?[0-9]+\.[0-9]{5}")}
FLAG: Final = {Kind.INSERVICE: "InServiceFlag", Kind.PTO: "PTOFlag"}
TRAVEL_COLUMNS: Final = (
    *("MinuteDiffBetweenSch", "DistanceMilesFromLatLng"),
    *("AverageMilesPerHour", "ETATravleMinutes"),
)


@dataclass(frozen=True)
class Record:
    """A row of factcaregiverinservice or factcaregiverabsence; times are in the report time zone."""

    kind: Kind
    app_id: str
    environment: str
    caregiver_id: str | None
    provider_id: str | None
    office_id: str | None
    start: datetime | None
    end: datetime | None

    @property
    def event_id(self) -> str:
        """S5, P2."""
        letter = "I" if self.kind is Kind.INSERVICE else "P"
        return md5(f"{letter}{self.app_id}".encode()).hexdigest()

    @property
    def interval(self) -> tuple[date, date] | None:
        """From its start to its end, as they are compared; None if the record is bad.

        An in-service over the end of summer time can end before it starts by the clock, and then is bad.
        """
        if self.start is None or self.end is None:
            return None
        start, end = self.compared(self.start), self.compared(self.end)
        return (start, end) if start <= end else None

    def compared(self, moment: datetime) -> date:
        """S3, P1: in-service is compared by times, PTO by whole dates."""
        return moment if self.kind is Kind.INSERVICE else moment.date()

    def meets(self, visit: Visit) -> bool:
        """Touching counts. A bad record meets nothing, and only a visit that is done is met."""
        start, end = visit.actual
        if self.interval is None or start is None or end is None:
            return False
        event_start, event_end = self.interval
        return self.compared(start) <= event_end and self.compared(end) >= event_start


@dataclass(frozen=True)
class Event:
    """S1: a record of the window with the rows that belong to it."""

    record: Record
    caregiver: Row
    provider: Row
    office: Row

    @property
    def ssn(self) -> str:
        return trimmed(self.caregiver["SSN"]) or ""


Pair = tuple[Visit, Event]


def records(kind: Kind, tables: Tables, zone: ZoneInfo) -> list[Record]:
    """Every record of a kind, bad ones too; absences that were called off (P1) are none.

    In the order of provider and environment: one id may name two events, and the first one makes the row, so
    that the order in the table decides nothing.
    """
    found = inservices(tables, zone) if kind is Kind.INSERVICE else absences(tables)
    return sorted(found, key=lambda record: (record.provider_id or "", record.environment))


def inservices(tables: Tables, zone: ZoneInfo) -> Iterator[Record]:
    for fact in tables.get("factcaregiverinservice", []):
        yield Record(
            Kind.INSERVICE,
            app_id=text_of_number(fact["Application Caregiver Inservice Id"]) or "",
            environment=fact["Environment"],
            caregiver_id=fact["Caregiver Id"],
            provider_id=fact["Provider Id"],
            office_id=fact["Office Id"],
            start=local(fact["Inservice start date"], zone),
            end=local(fact["Inservice end date"], zone),
        )


def absences(tables: Tables) -> Iterator[Record]:
    for fact in tables.get("factcaregiverabsence", []):
        # A table without the column has active absences only.
        if fact.get("Active") is not False:
            yield Record(
                Kind.PTO,
                app_id=f"{fact['Caregiver Vacation Id']:.5f}",
                environment=fact["Environment"],
                caregiver_id=fact["Global Caregiver Id"],
                provider_id=fact["Provider Id"],
                office_id=fact["Office Id"],
                start=fact["Start Date"],
                end=fact["End Date"],
            )


def events(kind: Kind, tables: Tables, settings: DetectionSettings) -> list[Event]:
    """S1: the records that can be in conflict with a visit."""
    dimensions = Dimensions(tables)
    window = settings.window
    found = []
    for record in records(kind, tables, settings.zone):
        event = Event(
            record,
            dimensions.caregiver(record.caregiver_id),
            dimensions.provider(record.provider_id),
            dimensions.office(record.office_id),
        )
        is_known = event.caregiver is not NO_ROW and event.provider is not NO_ROW
        if is_known and record.interval and record.start:
            day = record.start.date()
            if window.window_start <= day <= window.window_end:
                found.append(event)
    return found


def attending_visits(
    kind: Kind, tables: Tables, visits: Mapping[str, Visit], settings: DetectionSettings
) -> list[Visit]:
    """S2: qualified visits that are done, and at whose time the agency knows of no event of its own."""
    known = records(kind, tables, settings.zone)
    return [
        visit
        for visit in qualified_visits(visits)
        if visit.is_done and not any(is_own(record, visit) and record.meets(visit) for record in known)
    ]


def is_own(record: Record, visit: Visit) -> bool:
    return (record.caregiver_id, record.provider_id) == (
        visit.fact["Caregiver Id"],
        visit.fact["Provider Id"],
    )


def pairs(kind: Kind, tables: Tables, visits: Mapping[str, Visit], settings: DetectionSettings) -> list[Pair]:
    """S3: whatever the filters and limits of the inserts are."""
    attending = attending_visits(kind, tables, visits, settings)
    return [
        (visit, event)
        for event in events(kind, tables, settings)
        for visit in attending
        if event.ssn == visit.ssn
        and event.record.provider_id != visit.fact["Provider Id"]
        and event.record.meets(visit)
    ]


def event_candidates(
    kind: Kind, tables: Tables, visits: Mapping[str, Visit], settings: DetectionSettings
) -> list[Candidate]:
    """S4: two rows a pair, with the visit as primary and the reverse."""
    found = pairs(kind, tables, visits, settings)
    candidates = []
    for visit, event in found:
        crowd = sum(other is event for _, other in found)
        reason = reason_against(visit, event, crowd, settings)
        for side in (CONFLICTING, PRIMARY):
            columns = {
                **event_row_columns(visit, event, side),
                **prefixed(other_side(side), columns_of_the_insert(visit)),
                f"{side}AgencyPhone": event.provider["Phone Number 1"],
            }
            row = new_row(columns, frozenset(), kind, settings)
            candidates.append(Candidate(kind, row, frozenset(), reason))
    return candidates


def reason_against(visit: Visit, event: Event, crowd: int, settings: DetectionSettings) -> str | None:
    """S3: the first reason that keeps a pair out. `crowd` is the number of visits that the event meets."""
    states = states_of_visit(visit), states_of_provider(event.provider)
    if settings.cross_state_filter and is_cross_state(*states):
        return "cross_state"
    return "crowded" if is_crowded(crowd, settings) else None


def event_row_columns(visit: Visit, event: Event, side: str) -> Columns:
    """What an update of an event row writes but the flags; `side` is the prefix of the event's columns."""
    place = visit.place_as_conflicting if side == PRIMARY else visit.place_as_primary
    of_visit = side_columns(visit, place)
    return {
        "SSN": visit.ssn,
        "VisitDate": visit.fact["Visit Date"],
        **prefixed(other_side(side), of_visit),
        **prefixed(side, {**dict.fromkeys(of_visit), **event_columns(event)}),
        **dict.fromkeys(TRAVEL_COLUMNS),
    }


def event_columns(event: Event) -> Columns:
    """S6: the event's side, under the primary side's names; what is not mentioned is NULL."""
    record = event.record
    start, end = DATES[record.kind]
    return {
        "ProviderID": record.provider_id,
        "AppProviderID": text_of_number(event.provider["Application Provider Id"]),
        "ProviderName": event.provider["Provider Name"],
        "FederalTaxNumber": event.provider["Federal Tax Number"],
        "VisitID": record.event_id,
        "AppVisitID": record.app_id,
        "CaregiverID": record.caregiver_id,
        "AppCaregiverID": event.caregiver["Application Caregiver Id"],
        "AideCode": event.caregiver["Caregiver Code"],
        "AideName": event.caregiver["Caregiver Fullname"],
        "AideFName": event.caregiver["Caregiver Firstname"],
        "AideLName": event.caregiver["Caregiver Lastname"],
        "AideSSN": event.ssn,
        "OfficeID": event.office.get("Office Id"),
        "AppOfficeID": text_of_number(event.office.get("Application Office Id")),
        "Office": event.office.get("Office Name"),
        start: record.start,
        end: record.end,
    }


def redetected_columns(row: Mapping[str, Any], kind: Kind, found: list[Pair]) -> Columns | None:
    """U2, U3: what the update writes into an event row, or None if no pair of the kind is this one."""
    side = event_side(row)
    wanted = (row[f"{other_side(side)}VisitID"], row[f"{side}VisitID"], row[f"{side}ProviderID"])
    for visit, event in found:
        if wanted == (visit.fact["Visit Id"], event.record.event_id, event.record.provider_id):
            old = row[FLAG[kind]]
            return {
                **event_row_columns(visit, event, side),
                FLAG[kind]: "Y" if old == "N" else old,
            }
    return None


def rows_of_unknown_form(kind: Kind, rows: list[dict[str, Any]]) -> int:
    """How many rows of the kind, in the window or not, name their event in another form than S5 (P2).

    An id that is NULL has no form.
    """
    return sum(kind_of(row) is kind and not names_event_as_known(row, kind) for row in rows)


def names_event_as_known(row: Mapping[str, Any], kind: Kind) -> bool:
    side = event_side(row)
    event_id, app_id = row[f"{side}VisitID"], row[f"{side}AppVisitID"]
    return (event_id is None or EVENT_ID.fullmatch(event_id) is not None) and (
        app_id is None or APP_ID[kind].fullmatch(app_id) is not None
    )
