"""Agencies, aides and patients, as visits refer to them.

`fact` is the entity's part of a visit's row, and `before` its part of a conflict row as an earlier cycle left
it. Both are keyed by column name; `before` has the names of the primary side, without the prefix `Con`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Provider:
    """An agency that employs aides."""

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
    """One SSN, and one caregiver for each provider that employs them."""

    number: int
    region: int
    ssn: str
    caregivers: tuple[Caregiver, ...]


@dataclass(frozen=True)
class Patient:
    """A patient at an address; `gps` holds texts as a phone near it records them."""

    number: int
    latitude: float
    longitude: float
    gps: tuple[str, ...]
    fact: Row
    before: Row


@dataclass(frozen=True)
class Billing:
    """A payer, contract, service and rate that occur together."""

    rate: Decimal
    fact: Row
    before: Row
