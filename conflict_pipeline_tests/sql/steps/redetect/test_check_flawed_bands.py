from typing import Any

import pytest

from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import band

SOUND = {"gaps": 0, "overlaps": 0, "unusable": 0}


@pytest.mark.parametrize(
    ("bands", "flaws"),
    [
        pytest.param([(0, 10, 20), (10, 50, 30)], {}, id="meeting bands"),
        pytest.param([(0, 10, 20), (11, 50, 30)], {"gaps": 1}, id="a gap of a mile"),
        pytest.param([(1, 10, 20)], {"gaps": 1}, id="a gap before the first"),
        pytest.param([(0, 10, 20), (9, 50, 30)], {"overlaps": 1}, id="an overlap"),
        pytest.param([(0, 50, 20), (10, 20, 30), (50, 60, 30)], {"overlaps": 1}, id="one inside another"),
        pytest.param([(0, 50, 20), (10, 20, 30), (30, 60, 30)], {"overlaps": 2}, id="over an earlier one"),
        pytest.param([(0, 10, 0)], {"unusable": 1}, id="no speed"),
        pytest.param([(0, 10, None)], {"unusable": 1}, id="unknown speed"),
        pytest.param([(0, 10, 20), (10, 9, 20)], {"unusable": 1}, id="ends before it begins"),
        pytest.param([(0, None, 20)], {"unusable": 1}, id="no end"),
        pytest.param([], {}, id="no band"),
    ],
)
def test_gaps_overlaps_and_bands_without_use_are_counted(
    scratch: Session, bands: list[Any], flaws: dict[str, int]
) -> None:
    for number, figures in reversed(list(enumerate(bands))):
        band(scratch, number, *figures)

    counts = scratch.one("steps/redetect/check_speed_bands_are_contiguous")

    assert counts == {**SOUND, **flaws, "bands": len(bands)}
