from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import sql

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.sql.loads.tables import STAGE, create

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moments", "newest"),
    [
        ([NOON, NOON.replace(microsecond=1), NOON.replace(hour=11)], NOON.replace(microsecond=1)),
        ([None, NOON, None], NOON),
        (["2026-03-02 13:30+02", "2026-03-02 12:00+00"], NOON),
        ([None], None),
        ([], None),
    ],
)
def test_it_is_the_latest_that_is_known(
    scratch: Session, moments: list[Any], newest: datetime | None
) -> None:
    create(scratch, STAGE, '"Changed at" timestamptz', [(moment,) for moment in moments])

    row = scratch.one("loads/select_newest", stage=STAGE, updated=sql.Identifier("Changed at"))

    assert row == {"newest": newest}
