"""The rows that belong to a visit, looked up by id (rules.md, "Visits")."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, list[dict[str, Any]]]

# What an optional join finds when it finds nothing: every column is NULL.
NO_ROW: Row = {}


class Dimensions:
    """The dimension tables by id; a NULL id finds nothing."""

    def __init__(self, tables: Tables) -> None:
        self._caregivers = _by_key(tables, "dimcaregiver", "Caregiver Id")
        self._providers = _by_key(tables, "dimprovider", "Provider Id")
        self._offices = _by_key(tables, "dimoffice", "Office Id")
        self._payers = _by_key(tables, "dimpayer", "Payer Id")
        self._contracts = _by_key(tables, "dimcontract", "Contract Id")
        self._service_codes = _by_key(tables, "dimservicecode", "Service Code Id")
        self._users = _by_key(tables, "dimuser", "User Id")
        self._patients = _by_key(tables, "dimpatient", "Patient Id")
        self._addresses: dict[str | None, list[Row]] = defaultdict(list)
        for address in tables.get("dimpatientaddress", []):
            self._addresses[address["Patient Id"]].append(address)
        self._excluded_ssns = {trimmed(row["SSN"]) for row in tables.get("excluded_ssn", [])} - {None}
        self._excluded_providers = {row["ProviderID"] for row in tables.get("excluded_agency", [])} - {None}

    def caregiver(self, caregiver_id: str | None) -> Row:
        """A caregiver who can be recognised: with an SSN, and not an excluded one."""
        row = self._caregivers.get(caregiver_id, NO_ROW)
        ssn = trimmed(row.get("SSN"))
        return row if ssn and ssn not in self._excluded_ssns else NO_ROW

    def provider(self, provider_id: str | None) -> Row:
        """A provider that is active, not demo, and not excluded."""
        row = self._providers.get(provider_id, NO_ROW)
        return row if is_real(row) and provider_id not in self._excluded_providers else NO_ROW

    def office(self, office_id: str | None) -> Row:
        return if_active(self._offices.get(office_id, NO_ROW))

    def payer(self, payer_id: str | None) -> Row:
        row = self._payers.get(payer_id, NO_ROW)
        return row if is_real(row) else NO_ROW

    def contract(self, contract_id: str | None) -> Row:
        return if_active(self._contracts.get(contract_id, NO_ROW))

    def service_code(self, service_code_id: str | None) -> Row:
        return self._service_codes.get(service_code_id, NO_ROW)

    def user(self, user_id: str | None) -> Row:
        return self._users.get(user_id, NO_ROW)

    def patient(self, patient_id: str | None) -> Row:
        return self._patients.get(patient_id, NO_ROW)

    def address(self, patient_id: str | None) -> Row:
        """The patient's address that counts."""
        if patient_id is None:
            return NO_ROW
        return newest_gps_address(self._addresses.get(patient_id, []))


def newest_gps_address(addresses: Iterable[Row]) -> Row:
    """Newest first, unknown age last, then the highest id; ids are compared by code point."""
    candidates = [
        address
        for address in addresses
        if address["Primary Address"] is True and "GPS" in (address["Address Type"] or "")
    ]
    return max(candidates, key=_age_then_id, default=NO_ROW)


def is_real(row: Row) -> bool:
    """Active and not demo; a NULL flag is neither."""
    return row.get("Is Active") is True and row.get("Is Demo") is False


def if_active(row: Row) -> Row:
    return row if row.get("Is Active") is True else NO_ROW


def trimmed(ssn: str | None) -> str | None:
    return None if ssn is None else ssn.strip(" ")


def _by_key(tables: Tables, table: str, key: str) -> dict[str | None, Row]:
    return {row[key]: row for row in tables.get(table, [])}


def _age_then_id(address: Row) -> tuple[bool, float, str]:
    created = address["Application Created UTC Timestamp"]
    created = created if isinstance(created, datetime) else None  # a text where it is infinite
    return created is not None, created.timestamp() if created else 0.0, address["Patient Address Id"]
