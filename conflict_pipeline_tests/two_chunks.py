"""Two chunks that meet within a day."""

from datetime import timedelta

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import DAY, SSN, Row, chunk, cycle

NEXT_DAY = DAY + timedelta(days=1)
SECOND_SSN = "900000002"


@pytest.fixture
def ledger_rows(scratch: Session) -> tuple[Row, Row]:
    """Two chunks of one cycle: the SSNs of DAY up to SECOND_SSN, and from there on to NEXT_DAY."""
    opened = cycle(scratch)
    first = {"from_date": DAY, "from_ssn": SSN, "to_date": DAY, "to_ssn": SECOND_SSN}
    second = {"from_date": DAY, "from_ssn": SECOND_SSN, "to_date": NEXT_DAY, "to_ssn": ""}
    return chunk(scratch, opened, 1, **first), chunk(scratch, opened, 2, **second)
