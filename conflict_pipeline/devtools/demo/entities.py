"""Agencies, aides and patients, as visits refer to them.

An entity carries its part of a visit's row in `fact` and its part of a conflict row's "before" state in
`before`, both by column name; `before` is that of the primary side, without the prefix `Con`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Provider:
    number: int
    region: int
    offices: tuple[Row, ...]
    fact: Row
    before: Row


@dataclass(frozen=True)
class Caregiver:
    """An aide as one provider's employee."""

    number: int
    ssn: str | None
    provider: Provider
    fact: Row
    before: Row


@dataclass(frozen=True)
class Aide:
    """One person: an SSN, and a caregiver row for every provider that employs them."""

    number: int
    region: int
    ssn: str
    caregivers: tuple[Caregiver, ...]


@dataclass(frozen=True)
class Patient:
    """`gps` are texts that a phone near the address gives."""

    number: int
    latitude: float
    longitude: float
    gps: tuple[str, ...]
    fact: Row
    before: Row


@dataclass(frozen=True)
class Billing:
    """Payer, contract, service and rates, as they come together."""

    rate: Decimal
    fact: Row
    before: Row
