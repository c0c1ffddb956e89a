"""The end of the demo: wrong numbers fail it, and the text explains what was planted."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo import outcome
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.model import RULE_COLUMNS, Cycle
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.settings import Settings
from conflict_pipeline_tests import rows

COUNTS = SampleCounts(
    eligible=10,
    redetected=6,
    not_redetected=3,
    guarded=1,
    redetected_by_rule=dict.fromkeys(RULE_COLUMNS, 1),
    bad_gps=9,
    orphans=4,
    outside_window=0,
    without_conflict_id=0,
    snapshot=6,
    reminders_inserted=1,
    reminders_refreshed=1,
    tables={},
)
DIFFERENCES = {"precedence": 5, "gps_parsing": 4, "unexpected": 2}


@pytest.fixture
def cycle(scratch: Session) -> Cycle:
    """A cycle that found what COUNTS says."""
    rows.cycle(scratch)
    redetect = {
        "rows": 10,
        "redetected": 6,
        "not_redetected": 3,
        "guarded": 1,
        "bad_gps": 9,
        "redetected_by_rule": dict.fromkeys(RULE_COLUMNS, 1),
    }
    return replace(ledger.require_cycle(scratch), counts={"redetect": redetect})


def shown(cycle: Cycle, counts: SampleCounts | None, folder: Path) -> str:
    out = Console(file=StringIO(), width=80)
    outcome.show(cycle, counts, DIFFERENCES, Settings(report_folder=folder), ".venv/bin/", out)
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


def test_the_text_names_what_was_planted_the_html_report_and_the_next_commands(
    cycle: Cycle, tmp_path: Path
) -> None:
    page = tmp_path / cycle.cycle_key / "report.html"
    page.parent.mkdir()
    page.touch()

    text = shown(cycle, COUNTS, tmp_path)

    planted = (
        "planted: the sample holds 4 rows without a parent, a speed band that ends before it begins and 9 "
    )
    assert planted in text
    assert "all numbers agree" in text
    assert "known errors (precedence 5, gps_parsing 4), and 2 rows that none explains" in text
    assert f"HTML report: {page}\n" in text
    for command in ("status", "dev", "parity", "schema apply --seed"):
        assert f"  .venv/bin/conflict-pipeline {command}" in text


def test_a_sample_that_was_there_before_is_not_compared(cycle: Cycle, tmp_path: Path) -> None:
    text = shown(replace(cycle, counts={}), None, tmp_path)

    assert "planted: the sample holds rows without a parent" in text
    assert "agree" not in text
    assert "HTML report" not in text


def test_other_numbers_than_those_of_the_sample_fail_the_demo(cycle: Cycle, tmp_path: Path) -> None:
    by_rule = {**COUNTS.redetected_by_rule, "DistanceFlag": 3}
    counts = replace(COUNTS, guarded=2, redetected_by_rule=by_rule)

    with pytest.raises(PipelineError, match="guarded 1 instead of 2; too far to travel 1 instead of 3"):
        shown(cycle, counts, tmp_path)
