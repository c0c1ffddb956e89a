import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import pair
from conflict_pipeline_tests.sql.parity.hashes import IDS


@pytest.fixture
def rows(scratch: Session) -> Session:
    """A session on rows whose VisitID is their ID."""
    for row_id in IDS:
        pair(scratch, row_id, VisitID=str(row_id))
    return scratch
