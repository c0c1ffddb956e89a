"""The visits that can take part in a conflict (rules.md, "Visits")."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from conflict_pipeline_tests.reference.coordinates import NOWHERE, Point, is_bad_gps, is_on_earth, read_gps
from conflict_pipeline_tests.reference.dimensions import NO_ROW, Dimensions, Row, Tables, trimmed

# What a visit knows of time, its date apart.
TIMES = (
    *("Scheduled Start Time", "Scheduled End Time", "Visit Start Time", "Visit End Time"),
    *("Call In Time", "Call Out Time", "Visit Updated Timestamp", "Invoice Date"),
)
Interval = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Visit:
    """A qualifying visit with the rows that belong to it; times are in the report time zone."""

    fact: Row
    ssn: str
    scheduled: Interval
    actual: Interval
    updated_at: datetime | None
    caregiver: Row
    provider: Row
    office: Row
    payer: Row
    contract: Row
    service_code: Row
    updated_by: Row
    provider_patient: Row
    payer_patient: Row
    provider_patient_address: Row
    payer_patient_address: Row

    @property
    def is_done(self) -> bool:
        return None not in self.actual

    @property
    def is_open(self) -> bool:
        return self.actual == (None, None)

    @property
    def call_in(self) -> Point | None:
        return read_gps(self.fact["Call In GPS Coordinates"])

    @property
    def call_out(self) -> Point | None:
        return read_gps(self.fact["Call Out GPS Coordinates"])

    @property
    def bad_gps(self) -> int:
        texts = (self.fact["Call In GPS Coordinates"], self.fact["Call Out GPS Coordinates"])
        return sum(is_bad_gps(text) for text in texts)

    @property
    def bad_times(self) -> int:
        times = [self.fact[name] for name in TIMES]
        return sum(time is not None and known(time) is None for time in times)

    @property
    def home(self) -> Point:
        """Where the provider patient's address lies: one out of range lies nowhere, like a text."""
        latitude = _float(self.provider_patient_address.get("Latitude"))
        longitude = _float(self.provider_patient_address.get("Longitude"))
        return Point(latitude, longitude) if is_on_earth(latitude, longitude) else NOWHERE

    @property
    def place_as_primary(self) -> Point:
        return self.call_out or self.call_in or self.home

    @property
    def place_as_conflicting(self) -> Point:
        return self.call_in or self.call_out or self.home


def qualifying_visits(
    tables: Tables, window_start: date, window_end: date, timezone: ZoneInfo
) -> dict[str, Visit]:
    """The qualifying visits of the window by visit id. Missed visits are among them."""
    dimensions = Dimensions(tables)
    visits = {}
    for fact in tables.get("factvisitcallperformance_cr", []):
        day = fact["Visit Date"]
        if day is not None and window_start <= day <= window_end:
            visit = enrich(fact, dimensions, timezone)
            if visit.caregiver is not NO_ROW and visit.provider is not NO_ROW:
                visits[fact["Visit Id"]] = visit
    return visits


def enrich(fact: Row, dimensions: Dimensions, timezone: ZoneInfo) -> Visit:
    caregiver = dimensions.caregiver(fact["Caregiver Id"])
    return Visit(
        fact=fact,
        ssn=trimmed(caregiver.get("SSN")) or "",
        scheduled=(
            local(fact["Scheduled Start Time"], timezone),
            local(fact["Scheduled End Time"], timezone),
        ),
        actual=(known(fact["Visit Start Time"]), known(fact["Visit End Time"])),
        updated_at=local(fact["Visit Updated Timestamp"], timezone),
        caregiver=caregiver,
        provider=dimensions.provider(fact["Provider Id"]),
        office=dimensions.office(fact["Office Id"]),
        payer=dimensions.payer(fact["Payer Id"]),
        contract=dimensions.contract(fact["Contract Id"]),
        service_code=dimensions.service_code(fact["Service Code Id"]),
        updated_by=dimensions.user(fact["Visit Updated User Id"]),
        provider_patient=dimensions.patient(fact["Provider Patient Id"]),
        payer_patient=dimensions.patient(fact["Payer Patient Id"]),
        provider_patient_address=dimensions.address(fact["Provider Patient Id"]),
        payer_patient_address=dimensions.address(fact["Payer Patient Id"]),
    )


def known(moment: Any) -> Any:
    """The time, or None for one that is infinite or outside the years 1 to 9999: Python has only its text."""
    return moment if isinstance(moment, date) else None


def local(moment: Any, timezone: ZoneInfo) -> datetime | None:
    """A timestamptz cast to timestamp: the wall clock of the report time zone."""
    moment = known(moment)
    return None if moment is None else moment.astimezone(timezone).replace(tzinfo=None, fold=0)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
