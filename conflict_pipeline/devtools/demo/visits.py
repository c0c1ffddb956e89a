"""Visits: rows of factvisitcallperformance_cr, and what an earlier cycle took from them for conflict rows."""

from dataclasses import dataclass
from decimal import Decimal

from conflict_pipeline.devtools.demo import word_lists
from conflict_pipeline.devtools.demo.days import Day
from conflict_pipeline.devtools.demo.entities import Billing, Caregiver, Patient, Row

# Seconds after the midnight of the visit date; None where unknown.
Span = tuple[int | None, int | None]
UNKNOWN: Span = (None, None)
_HOURS = [Decimal(minutes) / 60 for minutes in range(24 * 60 + 1)]

_NOT_BILLED: Row = {
    "Billed": "no",
    "Billed Hours": None,
    "Billed Rate": None,
    "Total Billed Amount": None,
    "Invoice Date": None,
}

# Columns of a conflict row, and the columns of the visit that an earlier cycle took them from.
_BEFORE = {
    "VisitID": "Visit Id",
    "VisitStartTime": "Visit Start Time",
    "VisitEndTime": "Visit End Time",
    "EVVStartTime": "Call In Time",
    "EVVEndTime": "Call Out Time",
    "Billed": "Billed",
    "BilledDate": "Invoice Date",
    "BilledHours": "Billed Hours",
    "BilledRate": "Billed Rate",
    "TotalBilledAmount": "Total Billed Amount",
    "BillRateNonBilled": "Bill Rate Non-Billed",
    "IsMissed": "Is Missed",
}


@dataclass
class Visit:
    """A visit, whose row is `fact`.

    `bad_gps` of its GPS texts are unreadable; they count only if the visit `qualifies`, that is, if it takes
    part in the rules. `exists` is False for a visit that was deleted.
    """

    fact: Row
    caregiver: Caregiver
    patient: Patient
    billing: Billing
    day: Day
    scheduled: Span
    bad_gps: int = 0
    qualifies: bool = True
    exists: bool = True

    @property
    def visit_id(self) -> str:
        return str(self.fact["Visit Id"])

    def before(self) -> Row:
        """Return its half of a conflict row, with the column names of the primary side."""
        fact = self.fact
        row = {target: fact[source] for target, source in _BEFORE.items()}
        row.update(self.caregiver.before)
        row.update(self.patient.before)
        row.update(self.billing.before)
        row["AppVisitID"] = str(fact["Application Visit Id"])
        row["SchStartTime"] = self.day.at(self.scheduled[0])
        row["SchEndTime"] = self.day.at(self.scheduled[1])
        return row


class Visits:
    """Creates visits, numbered from 1."""

    def __init__(self, users: list[Row]) -> None:
        self.created = 0
        self._users = [
            {
                "Visit Updated User Id": user["User Id"],
                "Application Visit Updated User Id": user["Application User Id"],
            }
            for user in users
        ]

    def row(
        self,
        caregiver: Caregiver,
        patient: Patient,
        billing: Billing,
        day: Day,
        scheduled: Span,
        actual: Span,
        gps: tuple[str | None, str | None],
    ) -> Row:
        """Return the row of a new visit; `gps` holds the texts of call-in and call-out."""
        self.created += 1
        number = self.created
        start, end = day.at(actual[0]), day.at(actual[1])
        past = day.offset < 0
        return {
            "Visit Id": f"V{number:010d}",
            "Application Visit Id": 50_000_000 + number,
            **caregiver.fact,
            **patient.fact,
            **billing.fact,
            "Visit Date": day.date,
            "Scheduled Start Time": day.at_utc(scheduled[0]),
            "Scheduled End Time": day.at_utc(scheduled[1]),
            "Visit Start Time": start,
            "Visit End Time": end,
            "Call In Time": start,
            "Call In GPS Coordinates": gps[0],
            "Call Out Time": end,
            "Call Out GPS Coordinates": gps[1],
            "Call Out Device Type": word_lists.DEVICE_TYPES[number % 6] if end else None,
            **_billed(billing, day, scheduled, billed=past and end is not None and number % 10 < 7),
            "Is Missed": past and start is None and end is None,
            "Missed Visit Reason": word_lists.MISSED_REASONS[number % 4] if past and start is None else None,
            **self._users[number % len(self._users)],
            "Visit Updated Timestamp": day.updated,
            "Updated Datatimestamp": day.updated,
        }


def _billed(billing: Billing, day: Day, scheduled: Span, *, billed: bool) -> Row:
    start, end = scheduled
    if not billed or start is None or end is None:
        return _NOT_BILLED
    hours = _HOURS[(end - start) // 60]
    return {
        "Billed": "yes",
        "Billed Hours": hours,
        "Billed Rate": billing.rate,
        "Total Billed Amount": hours * billing.rate,
        "Invoice Date": day.invoiced,
    }
