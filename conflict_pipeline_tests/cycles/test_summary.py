"""A cycle as lines of name and figure."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from conflict_pipeline.cycles import ledger, summary
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.small_cycles import finished_cycle


@pytest.fixture
def finished(database: Postgres, session: Session) -> Cycle:
    return finished_cycle(database, session)


def shown(renderable: Any) -> str:
    """As in a terminal of 80 columns."""
    console = Console(file=StringIO(), width=80)
    console.print(renderable)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_finished_cycle_has_a_line_for_each_step_and_count(finished: Cycle) -> None:
    names = [name for name, _ in summary.cycle_lines(finished)]
    lines = dict(summary.cycle_lines(finished))

    assert lines["Cycle"] == finished.cycle_key
    assert (lines["Rows planned"], lines["Chunks"]) == ("3", "3 of 3 completed")
    assert (lines["  redetected"], lines["  not redetected"], lines["  guarded"]) == ("1", "1", "1")
    assert names.index("reminders") < names.index("snapshot") < names.index("redetect")


def test_each_rule_has_a_line_in_the_order_of_the_rules(finished: Cycle) -> None:
    lines = [(name, figure) for name, figure in summary.cycle_lines(finished) if name.startswith("    ")]

    assert (lines[0], lines[-1]) == (("    scheduled times equal", "1"), ("    too far to travel", "0"))
    assert len(lines) == 7


def test_the_seconds_stop_when_the_cycle_ends(session: Session, finished: Cycle) -> None:
    assert ledger.require_cycle(session).seconds == finished.seconds


def test_a_table_has_a_column_of_known_figures_only_if_there_are_any() -> None:
    lines = [("Rows", "1,000"), ("Chunks", "5")]

    alone, compared = shown(summary.as_table(lines)), shown(summary.as_table(lines, {"Rows": "1,001"}))

    assert "in the sample" not in alone
    assert "in the sample" in compared
    assert ("1,000" in compared, "1,001" in compared) == (True, True)


def test_lines_of_text_have_their_figures_below_one_another() -> None:
    assert summary.as_text([("Rows", "1,000"), ("  rule", "5")]) == "  Rows    1,000\n    rule      5"
