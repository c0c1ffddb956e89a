from datetime import datetime

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import at, insert

NEW, OLD = at("02:30"), at("01:30")


def load(session: Session, module: str | None, status: str | None, finished_at: datetime | None) -> None:
    columns = {"MODULE": module, "STATUS": status, "REFRESH_FINISHED_AT": finished_at}
    insert(session, "factdatarefreshstatus", **columns)


def test_the_newest_successful_load_of_the_report_counts(scratch: Session) -> None:
    for finished_at in (OLD, NEW, OLD, None):
        load(scratch, "Conflict Report", "success", finished_at)

    assert scratch.one("cycles/select_upstream_load") == {"finished_at": NEW}


@pytest.mark.parametrize(
    ("module", "status"),
    [
        ("Conflict Report", "failed"),
        ("Conflict Report", None),
        ("Other", "success"),
        (None, "success"),
        ("conflict report", "success"),
    ],
)
def test_other_loads_do_not_count(scratch: Session, module: str | None, status: str | None) -> None:
    load(scratch, module, status, NEW)

    assert scratch.one("cycles/select_upstream_load") == {"finished_at": None}
