"""Numbers and column types as Postgres keeps them."""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any


def round_half_away(value: Fraction | Decimal, places: int) -> Decimal:
    """Rounded as `numeric` rounds: a half goes away from zero."""
    exact = Fraction(value)
    units = floor(abs(exact) * 10**places + Fraction(1, 2))
    return Decimal((int(exact < 0), tuple(map(int, str(units))), -places))


def decimal_of_double(value: float) -> Decimal:
    """A double cast to `numeric`, which keeps 15 significant digits."""
    return Decimal(f"{value:.15g}")


def text_of_double(value: float) -> str:
    """A double cast to `text`: the shortest digits that give it back, 40 and not 40.0."""
    return repr(value).removesuffix(".0")


def text_of_number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def stored(value: Any, type_name: str) -> Any:
    """The value as a column of that type keeps it: a text cut to its width, a number rounded to its scale."""
    if value is None:
        return None
    name, _, arguments = type_name.removesuffix(")").partition("(")
    if name == "varchar":
        return value[: int(arguments)]
    if name == "numeric":
        return round_half_away(value, int(arguments.split(",")[1]))
    return value
