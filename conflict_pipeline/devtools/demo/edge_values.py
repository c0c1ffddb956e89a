"""Odd values that must not keep a row from being re-detected: too long, missing, inactive, unknown."""

from decimal import Decimal
from typing import Any

from conflict_pipeline.devtools.demo.entities import Billing, Row
from conflict_pipeline.devtools.demo.pairs import VISITS_OVERLAP
from conflict_pipeline.devtools.demo.population import add_user, billing
from conflict_pipeline.devtools.demo.scene import LATE_MORNING, Scene

_RATE = "25.00"
_LONG_PROVIDER_NAME = (
    "Association of Very Long Agency Names for Home Care and Companion Care of the Greater Hudson Valley "
    "and its Surrounding Counties, a Subsidiary of the Same Association, Limited"
)
_LONG_CONTRACT_NAME = (
    "Agreement on Personal Care Services between the County and the Agency, as amended, extended and restated"
)
_LONG_STATUS = "Inactive since the annual medical exam has expired"
_LONG_DEVICE = (
    "Landline at the patient's home, registered to a relative, confirmed by a coordinator by telephone ok"
)

_FACTS: tuple[Row, ...] = (
    {"Office Id": "OF999999"},
    {"Office Id": None, "Application Office Id": None},
    {"Service Code Id": "SC99999"},
    {"Service Code Id": None, "Application Service Code Id": None},
    {"Visit Updated User Id": "US99999"},
    {"Visit Updated User Id": None, "Visit Updated Timestamp": None},
    {"Provider Patient Id": "PT9999999", "Payer Patient Id": "PP9999999"},
    {"Patient Id": None, "Provider Patient Id": None, "Payer Patient Id": None},
    {"Call Out Device Type": _LONG_DEVICE},
    # Only "yes" takes the billed rate.
    {"Billed": "yes", "Billed Rate": Decimal("31.125"), "Bill Rate Non-Billed": Decimal("20.00")},
    {"Billed": "yes", "Billed Rate": None},
    {"Billed": "Yes", "Billed Rate": Decimal("31.125")},
    {"Billed": "YES", "Billed Rate": Decimal("31.125")},
    {"Billed": "no", "Billed Rate": Decimal("31.125")},
    {"Billed": None, "Billed Rate": Decimal("31.125")},
    {"Billed": "", "Bill Rate Non-Billed": None},
    {"Billed Hours": Decimal("999999.99"), "Total Billed Amount": Decimal("1234567890123456.789")},
    {"Is Missed": True, "Missed Visit Reason": "Patient in hospital"},
    {"Is Missed": None, "Missed Visit Reason": "x" * 500},
    # Contract types: Internal, UPR, Payer, and none.
    {"Application Payer Id": 0, "Application Contract Id": 7},
    {"Application Payer Id": 7, "Application Contract Id": 7},
    {"Application Payer Id": 7, "Application Contract Id": 0},
    {"Application Payer Id": 0, "Application Contract Id": 0},
    {"Application Payer Id": None, "Application Contract Id": 7},
    {"Application Payer Id": 7, "Application Contract Id": None},
    {"Application Visit Id": 99999999999999999999999999999999999999},
    {"Scheduled Start Time": None, "Scheduled End Time": None, "Call In Time": None, "Call Out Time": None},
)


def add_value_cases(scene: Scene) -> None:
    for fact in _FACTS:
        _add(scene, fact)
    directory = scene.directory
    inactive_office = directory.add_office(99_999, 1, "Closed Office", **{"Is Active": False})
    unclear_office = directory.add_office(99_999, 2, "Unclear Office", **{"Is Active": None})
    for office in (inactive_office, unclear_office):
        _add(scene, {"Office Id": office["Office Id"]})
    long_user = add_user(directory, "Maria " + "de la Cruz " * 26 + "Ortiz", "long.name@example.com")
    _add(scene, {"Visit Updated User Id": long_user["User Id"]})
    for found in _billings(scene):
        _add(scene, billing=found)
    provider = directory.add_provider(_LONG_PROVIDER_NAME, "NY", 0, ("Brooklyn",))
    one, other = scene.aide([provider, *scene.providers(1)]).caregivers
    scene.pair(scene.visit(one), scene.visit(other, LATE_MORNING), VISITS_OVERLAP)
    _add_long_status(scene)


def _add(scene: Scene, fact: Row | None = None, billing: Billing | None = None) -> None:
    one, other = scene.aide().caregivers
    scene.pair(
        scene.visit(one, fact=fact, billing=billing),
        scene.visit(other, LATE_MORNING),
        VISITS_OVERLAP,
    )


def _billings(scene: Scene) -> list[Billing]:
    """Payers that do not count, so that the contract's name is taken; contracts that do not count."""
    directory = scene.directory
    contract = directory.add_contract(_LONG_CONTRACT_NAME)
    closed = directory.add_contract("Closed Agreement", **{"Is Active": False})
    kinds: tuple[dict[str, Any], ...] = (
        {"Is Active": False},
        {"Is Demo": True},
        {"Is Active": None},
        {"Is Demo": None},
    )
    payers = [directory.add_payer(f"Payer {number}", "NY", **kind) for number, kind in enumerate(kinds)]
    payers.append(directory.add_payer(None, "NY"))
    nowhere = {"Payer Id": "PY99998", "Application Payer Id": 5_998, "Payer Name": None, "Payer State": None}
    unknown = {"Contract Id": "CT99999", "Application Contract Id": 6_999}
    return [
        *(billing(payer, contract, None, _RATE, "Hourly") for payer in [*payers, nowhere, None]),
        *(billing(None, other, None, _RATE, "Hourly") for other in (closed, unknown, None)),
    ]


def _add_long_status(scene: Scene) -> None:
    own_ssn = scene.new_ssn()
    one, other = (
        scene.directory.add_caregiver(("Rosa", "Novak"), own_ssn, provider, Status=_LONG_STATUS)
        for provider in scene.providers(2)
    )
    scene.pair(scene.visit(one), scene.visit(other, LATE_MORNING), VISITS_OVERLAP)
