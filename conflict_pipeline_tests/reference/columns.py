"""What a visit and a pair write into conflictvisitmaps (the specification's 201 columns)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from conflict_pipeline_tests.reference.coordinates import Point
from conflict_pipeline_tests.reference.dimensions import Row
from conflict_pipeline_tests.reference.numbers import round_half_away, text_of_double, text_of_number
from conflict_pipeline_tests.reference.travel import Travel
from conflict_pipeline_tests.reference.visits import Visit, known

Columns = dict[str, Any]

PLAIN_PATIENT_COLUMNS = (
    *("PAdmissionID", "PName", "PFName", "PLName", "PMedicaidNumber", "PStatus"),
    *("PAddressID", "PAppAddressID", "PAddressL1", "PAddressL2"),
    *("PCity", "PAddressState", "PZipCode", "PCounty"),
)


def pair_columns(primary: Visit, conflicting: Visit, travel: Travel) -> Columns:
    """Everything of an update but the flags, which depend on the row's old ones."""
    return {
        "SSN": primary.ssn,
        "VisitDate": primary.fact["Visit Date"],
        **side_columns(primary, primary.place_as_primary),
        **prefixed("Con", side_columns(conflicting, conflicting.place_as_conflicting)),
        "MinuteDiffBetweenSch": round_half_away(travel.gap, 0),
        "DistanceMilesFromLatLng": travel.miles,
        "AverageMilesPerHour": travel.speed,
        "ETATravleMinutes": travel.eta,
    }


def side_columns(visit: Visit, place: Point) -> Columns:
    """One side of the pair, under the primary side's names."""
    return {
        **provider_and_visit_columns(visit),
        **caregiver_columns(visit),
        **billing_columns(visit),
        **dict.fromkeys(PLAIN_PATIENT_COLUMNS),
        "PatientID": visit.fact["Patient Id"],
        "AppPatientID": visit.fact["Application Patient Id"],
        "PLatitude": coordinate_text(place.latitude),
        "PLongitude": coordinate_text(place.longitude),
        "P_PatientID": visit.fact["Provider Patient Id"],
        "P_AppPatientID": visit.fact["Application Provider Patient Id"],
        **prefixed("P_", patient_columns(visit.provider_patient, visit.provider_patient_address)),
        "PA_PatientID": visit.fact["Payer Patient Id"],
        "PA_AppPatientID": visit.fact["Application Payer Patient Id"],
        **prefixed("PA_", patient_columns(visit.payer_patient, visit.payer_patient_address)),
    }


def provider_and_visit_columns(visit: Visit) -> Columns:
    fact = visit.fact
    return {
        "ProviderID": fact["Provider Id"],
        "AppProviderID": text_of_number(fact["Application Provider Id"]),
        "ProviderName": visit.provider["Provider Name"],
        "FederalTaxNumber": visit.provider["Federal Tax Number"],
        "OfficeID": fact["Office Id"],
        "AppOfficeID": text_of_number(fact["Application Office Id"]),
        "Office": visit.office.get("Office Name"),
        "VisitID": fact["Visit Id"],
        "AppVisitID": text_of_number(fact["Application Visit Id"]),
        "SchStartTime": visit.scheduled[0],
        "SchEndTime": visit.scheduled[1],
        "VisitStartTime": visit.actual[0],
        "VisitEndTime": visit.actual[1],
        "EVVStartTime": known(fact["Call In Time"]),
        "EVVEndTime": known(fact["Call Out Time"]),
        "EVVType": fact["Call Out Device Type"],
        "IsMissed": fact["Is Missed"],
        "MissedVisitReason": fact["Missed Visit Reason"],
        "ServiceCodeID": visit.service_code.get("Service Code Id"),
        "AppServiceCodeID": visit.service_code.get("Application Service Code Id"),
        "ServiceCode": visit.service_code.get("Service Code"),
        "LastUpdatedBy": visit.updated_by.get("User Fullname"),
        "LastUpdatedDate": visit.updated_at,
    }


def caregiver_columns(visit: Visit) -> Columns:
    return {
        "CaregiverID": visit.fact["Caregiver Id"],
        "AppCaregiverID": visit.fact["Application Caregiver Id"],
        "AideCode": visit.caregiver["Caregiver Code"],
        "AideName": visit.caregiver["Caregiver Fullname"],
        "AideFName": visit.caregiver["Caregiver Firstname"],
        "AideLName": visit.caregiver["Caregiver Lastname"],
        "AideSSN": visit.ssn,
        "AideStatus": visit.caregiver["Status"],
    }


def billing_columns(visit: Visit) -> Columns:
    fact = visit.fact
    payer_name = visit.payer.get("Payer Name")
    is_billed = fact["Billed"] == "yes"
    return {
        "PayerID": fact["Payer Id"],
        "AppPayerID": text_of_number(fact["Application Payer Id"]),
        "PayerState": visit.payer.get("Payer State"),
        "Contract": visit.contract.get("Contract Name") if payer_name is None else payer_name,
        "ContractType": contract_type(fact["Application Payer Id"], fact["Application Contract Id"]),
        "Billed": fact["Billed"],
        "BilledDate": midnight(known(fact["Invoice Date"])),
        "BilledHours": fact["Billed Hours"],
        "BilledRate": fact["Billed Rate"],
        "TotalBilledAmount": fact["Total Billed Amount"],
        "BillRateNonBilled": fact["Bill Rate Non-Billed"],
        "BillRateBoth": fact["Billed Rate"] if is_billed else fact["Bill Rate Non-Billed"],
        "RateType": fact["Bill Type"],
    }


def patient_columns(patient: Row, address: Row) -> Columns:
    """One patient and its address, without the prefix that says whose patient it is."""
    return {
        "PAdmissionID": patient.get("Admission Id"),
        "PName": patient.get("Patient Name"),
        "PFName": patient.get("Patient Firstname"),
        "PLName": patient.get("Patient Lastname"),
        "PMedicaidNumber": patient.get("Medicaid Number"),
        "PAddressID": address.get("Patient Address Id"),
        "PAppAddressID": address.get("Application Patient Address Id"),
        "PAddressL1": address.get("Address Line 1"),
        "PAddressL2": address.get("Address Line 2"),
        "PCity": address.get("City"),
        "PAddressState": address.get("Address State"),
        "PZipCode": address.get("Zip Code"),
        "PCounty": address.get("County"),
    }


def contract_type(payer_id: Decimal | None, contract_id: Decimal | None) -> str | None:
    if payer_id is None or contract_id is None:
        return None
    if payer_id == 0:
        return "Internal" if contract_id != 0 else None
    return "UPR" if contract_id != 0 else "Payer"


def coordinate_text(degrees: float | None) -> str | None:
    return None if degrees is None else text_of_double(degrees)


def midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time())


def prefixed(prefix: str, columns: Mapping[str, Any]) -> Columns:
    return {prefix + name: value for name, value in columns.items()}
