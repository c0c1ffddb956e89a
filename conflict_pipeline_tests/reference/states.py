"""The states in which a side lies, and the cross-state filter (detect.md, X1 to X4)."""

import re

from conflict_pipeline_tests.reference.dimensions import Row
from conflict_pipeline_tests.reference.visits import Visit

# The states, DC and the territories.
STATES = dict(
    re.findall(
        r"(\w\w) ([^|]+)",
        "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
        "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|"
        "KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|"
        "MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|"
        "NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|"
        "PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|"
        "VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|"
        "GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI Virgin Islands",
    )
)
# USPS codes of military mail and of the freely associated states, whose names are no names of territories.
OTHER_CODES = ("AA", "AE", "AP", "FM", "MH", "PW")
CODES = {
    **{code: code for code in (*STATES, *OTHER_CODES)},
    **{name.upper(): code for code, name in STATES.items()},
    "LONG ISLAND": "NY",
    "LI": "NY",
}


def state(text: str | None) -> str | None:
    """The USPS code that the text stands for, or None if that is unknown."""
    return None if text is None else CODES.get(text.strip(" ").upper())


def states_of_visit(visit: Visit) -> set[str]:
    """Those of its patients' addresses; if both are unknown, that of its provider."""
    addresses = (visit.provider_patient_address, visit.payer_patient_address)
    return known(*(address.get("Address State") for address in addresses)) or states_of_provider(
        visit.provider
    )


def states_of_provider(provider: Row) -> set[str]:
    return known(provider["Address State"])


def known(*texts: str | None) -> set[str]:
    return {code for code in map(state, texts) if code is not None}


def is_cross_state(one: set[str], other: set[str]) -> bool:
    """Unknown never excludes."""
    return bool(one and other) and not one & other
