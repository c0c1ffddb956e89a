import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read, settings


@pytest.mark.parametrize("flag", [1, 2])
def test_the_flag_is_set_and_nothing_else(scratch: Session, flag: int) -> None:
    before = settings(scratch, InProgressFlag=None, LastLoadDate="2026-03-02")

    scratch.execute("cycles/update_refresh_flag", {"flag": flag})

    assert read(scratch, "settings") == [{**before, "InProgressFlag": flag}]
