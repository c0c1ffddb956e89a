"""The rows of the dimension tables, and the entities that visits are made of."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from conflict_pipeline.devtools.demo.entities import Caregiver, Provider, Row
from conflict_pipeline.devtools.demo.places import Town

# Widths of conflictvisitmaps that are narrower than the dimension's.
_PROVIDER_NAME_WIDTH = 100
_CONTRACT_WIDTH = 50
_STATUS_WIDTH = 20


@dataclass
class Directory:
    """The entities of the sample; `rows` holds the rows of the small tables by table name.

    Numbers count up, and so do the identifiers that contain them: an entity created later sorts later.
    """

    updated: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def next_number(self, table: str) -> int:
        return len(self.rows[table]) + 1

    def add_provider(
        self, name: str, state: str, region: int, towns: tuple[str, ...], **changes: Any
    ) -> Provider:
        number = self.next_number("dimprovider")
        row: Row = {
            "Provider Id": f"PR{number:05d}",
            "Application Provider Id": 1_000 + number,
            "Provider Name": name,
            "Address State": state,
            # No tax number begins with 00, and 555-01xx is reserved for fiction.
            "Federal Tax Number": f"00-{7_000_000 + number * 137}",
            "Phone Number 1": f"({212 + region}) 555-01{number % 100:02d}",
            "Is Active": True,
            "Is Demo": False,
            "Updated Datatimestamp": self.updated,
        }
        row = changed(row, changes)
        self.rows["dimprovider"].append(row)
        offices = tuple(
            self._add_office(number, index, f"{town} Office") for index, town in enumerate(towns, start=1)
        )
        fact = {name: row[name] for name in ("Provider Id", "Application Provider Id")}
        before = {
            "ProviderID": row["Provider Id"],
            "AppProviderID": str(row["Application Provider Id"]),
            "ProviderName": row["Provider Name"][:_PROVIDER_NAME_WIDTH],
            "FederalTaxNumber": row["Federal Tax Number"],
        }
        return Provider(number, region, offices, fact, before)

    def add_caregiver(
        self, name: tuple[str, str], ssn_text: str | None, provider: Provider, **changes: Any
    ) -> Caregiver:
        """An employee; `ssn_text` is the SSN as the provider recorded it, including spaces."""
        number = self.next_number("dimcaregiver")
        first, last = name
        row: Row = {
            "Caregiver Id": f"CG{number:07d}",
            "Application Caregiver Id": 400_000 + number,
            "Caregiver Code": f"{last[:3].upper()}-{1000 + number}",
            "Caregiver Firstname": first,
            "Caregiver Lastname": last,
            "Caregiver Fullname": f"{first} {last}",
            "SSN": ssn_text,
            "Status": "Active" if number % 12 else "Inactive",
            "Updated Datatimestamp": self.updated,
        }
        row = changed(row, changes)
        self.rows["dimcaregiver"].append(row)
        office = provider.offices[number % len(provider.offices)]
        ssn = (ssn_text or "").strip(" ") or None
        fact = {
            **{name: row[name] for name in ("Caregiver Id", "Application Caregiver Id")},
            **provider.fact,
            **office,
        }
        del fact["Office Name"]
        return Caregiver(number, ssn, provider, fact, _caregiver_before(row, ssn, provider, office))

    def add_patient_row(self, prefix: str, number: int, name: tuple[str, str]) -> Row:
        first, last = name
        row: Row = {
            "Patient Id": f"{prefix}{number:07d}",
            "Application Patient Id": (800_000 if prefix == "PT" else 900_000) + number,
            "Patient Firstname": first,
            "Patient Lastname": last,
            "Patient Name": f"{first} {last}",
            "Admission Id": f"{prefix}-{20_000 + number}",
            "Medicaid Number": f"XX{number:05d}Z",
            "Status": "Active",
            "Updated Datatimestamp": self.updated,
        }
        self.rows["dimpatient"].append(row)
        return row

    def add_address(
        self, patient: Row, town: Town, street: str, point: tuple[float | None, float | None], **changes: Any
    ) -> Row:
        number = self.next_number("dimpatientaddress")
        row: Row = {
            "Patient Address Id": f"AD{number:07d}",
            "Application Patient Address Id": 600_000 + number,
            "Patient Id": patient["Patient Id"],
            "Application Patient Id": patient["Application Patient Id"],
            "Address Type": "Home,GPS",
            "Address Line 1": street,
            "Address Line 2": f"Apt {number % 40 + 1}" if number % 3 == 0 else None,
            "City": town.city,
            "County": town.county,
            "Address State": town.state,
            "Zip Code": town.zip_code,
            "Primary Address": True,
            "Latitude": point[0],
            "Longitude": point[1],
            "Application Created UTC Timestamp": self.updated,
            "Updated Datatimestamp": self.updated,
        }
        row = changed(row, changes)
        self.rows["dimpatientaddress"].append(row)
        return row

    def add_payer(self, name: str, state: str) -> Row:
        number = self.next_number("dimpayer")
        row: Row = {
            "Payer Id": f"PY{number:05d}",
            "Application Payer Id": 5_000 + number,
            "Payer Name": name,
            "Payer State": state,
            "Is Active": True,
            "Is Demo": False,
            "Updated Datatimestamp": self.updated,
        }
        self.rows["dimpayer"].append(row)
        return row

    def add_contract(self, name: str) -> Row:
        number = self.next_number("dimcontract")
        row: Row = {
            "Contract Id": f"CT{number:05d}",
            "Application Contract Id": 6_000 + number,
            "Contract Name": name,
            "Is Active": True,
            "Updated Datatimestamp": self.updated,
        }
        self.rows["dimcontract"].append(row)
        return row

    def add_service_code(self, code: str) -> Row:
        number = self.next_number("dimservicecode")
        row: Row = {
            "Service Code Id": f"SC{number:05d}",
            "Application Service Code Id": 7_000 + number,
            "Service Code": code,
            "Updated Datatimestamp": self.updated,
        }
        self.rows["dimservicecode"].append(row)
        return row

    def add_user(self, fullname: str) -> Row:
        number = self.next_number("dimuser")
        row: Row = {
            "User Id": f"US{number:05d}",
            "Application User Id": 9_000 + number,
            "User Fullname": fullname,
            "User Email Address": f"user{number}@example.com",
            "Vendor Id": f"PR{number:05d}",
            "Application Vendor Id": 1_000 + number,
        }
        self.rows["dimuser"].append(row)
        return row

    def _add_office(self, provider_number: int, number_at_provider: int, name: str) -> Row:
        number = provider_number * 10 + number_at_provider
        row: Row = {
            "Office Id": f"OF{number:06d}",
            "Application Office Id": 3_000 + number,
            "Office Name": name,
            "Is Active": True,
            "Updated Datatimestamp": self.updated,
        }
        self.rows["dimoffice"].append(row)
        return {
            "Office Id": row["Office Id"],
            "Application Office Id": row["Application Office Id"],
            "Office Name": name,
        }


def _caregiver_before(row: Row, ssn: str | None, provider: Provider, office: Row) -> Row:
    return {
        **provider.before,
        "OfficeID": office["Office Id"],
        "AppOfficeID": str(office["Application Office Id"]),
        "Office": office["Office Name"],
        "CaregiverID": row["Caregiver Id"],
        "AppCaregiverID": row["Application Caregiver Id"],
        "AideCode": row["Caregiver Code"],
        "AideName": row["Caregiver Fullname"],
        "AideFName": row["Caregiver Firstname"],
        "AideLName": row["Caregiver Lastname"],
        "AideSSN": ssn,
        "AideStatus": row["Status"][:_STATUS_WIDTH],
    }


def changed(row: Row, changes: Row) -> Row:
    """`row` with some columns changed; raises KeyError for a column that it does not have."""
    for name in changes:
        if name not in row:
            raise KeyError(name)
    return {**row, **changes}
