"""Default rows: enough for a cycle, and only where the tables are empty."""

import pytest

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.seed import insert_defaults
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.redetect import require_usable_settings
from conflict_pipeline_tests.rows import band, read, settings
from conflict_pipeline_tests.steps.redetect_statements import planned


def test_empty_tables_are_filled_and_the_second_time_nothing_is_done(scratch: Session) -> None:
    with pytest.raises(PipelineError, match="Run: conflict-pipeline schema apply --seed"):
        require_usable_settings(scratch)

    first, second = insert_defaults(scratch), insert_defaults(scratch)

    assert first == [
        "seeded conflict.settings with 1 default row",
        "seeded conflict.mph with 6 default rows",
    ]
    assert second == []
    require_usable_settings(scratch)
    assert read(scratch, "settings")[0]["ExtraDistancePer"] == 1


def test_default_speed_bands_are_contiguous_and_reach_around_the_earth(scratch: Session) -> None:
    insert_defaults(scratch)

    flaws = scratch.one("steps/redetect/check_speed_bands_are_contiguous", planned(scratch))
    assert flaws == {"gaps": 0, "overlaps": 0, "unusable": 0, "bands": 6}
    bands = read(scratch, "mph")
    assert (bands[0]["From"], bands[-1]["To"]) == (0, 25_000)


def test_tables_that_hold_rows_are_left_as_they_are(scratch: Session) -> None:
    settings(scratch, ExtraDistancePer=3)
    band(scratch, 1, 0, 7, 20)
    before = read(scratch, "settings"), read(scratch, "mph")

    assert insert_defaults(scratch) == []
    assert (read(scratch, "settings"), read(scratch, "mph")) == before
