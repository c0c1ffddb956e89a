"""Cycles and chunks in figures, for Dagster and for a terminal."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import dagster as dg
import pytest
from rich.console import Console

from conflict_pipeline import model
from conflict_pipeline.cycles import ledger, summary
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import MAX_LINKED_RUNS
from conflict_pipeline.defs import metadata
from conflict_pipeline.loads import load
from conflict_pipeline.loads.load import LoadResult
from conflict_pipeline.loads.merge import MergeResult
from conflict_pipeline.model import ChunkCounts, Cycle, Plan, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps.snapshot import ReminderCounts, Snapshot
from conflict_pipeline_tests.rows import chunk, cycle
from conflict_pipeline_tests.small_cycles import finished_cycle

WINDOW = Window(date(2024, 3, 2), date(2026, 4, 16))
COUNTS = ChunkCounts(
    marked=10,
    redetected=6,
    not_redetected=3,
    guarded=1,
    bad_gps=2,
    written=16,
    redetected_by_rule={"DistanceFlag": 6},
)


@pytest.fixture
def finished(database: Postgres, session: Session) -> Cycle:
    return finished_cycle(database, session)


def values(metadata: metadata.Metadata) -> dict[str, Any]:
    return {name: value.value for name, value in metadata.items()}


def by_rule(metadata: metadata.Metadata) -> dict[Any, Any]:
    """The rows of the table of rules."""
    table = metadata["rules"]
    assert isinstance(table, dg.TableMetadataValue)
    return {record.data["rule"]: record.data["rows"] for record in table.records}


def a_plan(**changes: Any) -> Plan:
    plan: dict[str, Any] = {
        "cycle_id": 1,
        "cycle_key": "c1",
        "superseded": None,
        "scope": "full",
        "scope_reason": "as configured",
        "window": WINDOW,
        "partition_keys": ["c1_0001", "c1_0002"],
        "rows": 10,
        "keys": 5,
        "largest_chunk": 7,
        "oversized_chunks": [],
        "seconds": 0.12345,
    }
    return Plan(**{**plan, **changes})


def shown(renderable: Any) -> str:
    """As in a terminal of 80 columns."""
    console = Console(file=StringIO(), width=80)
    console.print(renderable)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_reminders_are_counted() -> None:
    assert values(metadata.reminders_metadata(ReminderCounts(3, 4))) == {"inserted": 3, "refreshed": 4}


def test_a_snapshot_says_rows_rate_and_window() -> None:
    assert values(metadata.snapshot_metadata(Snapshot(WINDOW, 100, 0.5))) == {
        "dagster/row_count": 100,
        "seconds": 0.5,
        "rows_per_second": 200.0,
        "window": "2024-03-02 to 2026-04-16",
    }


def test_work_that_took_no_time_has_no_rate() -> None:
    assert values(metadata.snapshot_metadata(Snapshot(WINDOW, 0, 0.0)))["rows_per_second"] == 0.0


def test_a_plan_says_what_it_found() -> None:
    assert values(metadata.plan_metadata(a_plan())) == {
        "dagster/row_count": 10,
        "cycle": "c1",
        "scope": "full: as configured",
        "window": "2024-03-02 to 2026-04-16",
        "chunks": 2,
        "keys": 5,
        "largest_chunk": 7,
        "seconds": 0.123,
    }


def test_a_plan_names_the_cycle_that_it_supersedes_and_chunks_that_are_too_large() -> None:
    found = values(metadata.plan_metadata(a_plan(superseded="c0", oversized_chunks=["c1_0001", "c1_0002"])))

    assert (found["superseded_cycle"], found["oversized_chunks"]) == ("c0", "c1_0001, c1_0002")


def test_a_chunk_says_its_counts_attempts_and_rate() -> None:
    result = ChunkResult("c1_0001", "completed", planned=11, attempts=2, seconds=0.5, counts=COUNTS)

    found = values(metadata.chunk_metadata(result))

    del found["rules"]
    assert found == {
        "dagster/row_count": 10,
        "seconds": 0.5,
        "rows_per_second": 20.0,
        "planned": 11,
        "marked": 10,
        "redetected": 6,
        "not_redetected": 3,
        "guarded": 1,
        "bad_gps": 2,
        "written": 16,
        "attempts": 2,
    }


def test_each_rule_has_a_line_also_one_that_found_nothing() -> None:
    result = ChunkResult("c1_0001", "completed", counts=COUNTS)

    rows = by_rule(metadata.chunk_metadata(result))

    assert list(rows) == list(model.RULE_COLUMNS)
    assert {rule: number for rule, number in rows.items() if number} == {"DistanceFlag": 6}


def test_a_finished_cycle_is_summed_up_over_its_chunks(session: Session, finished: Cycle) -> None:
    found_metadata = metadata.cycle_metadata(session, finished)

    found = values(found_metadata)
    numbers = ("chunks", "planned", "marked", "redetected", "not_redetected", "guarded", "bad_gps", "written")
    assert [found[name] for name in numbers] == [3, 3, 3, 1, 1, 1, 0, 4]
    assert found["cycle"] == finished.cycle_key
    assert {rule for rule, rows in by_rule(found_metadata).items() if rows} == {"SameSchTimeFlag"}


def test_numbers_of_a_cycle_plot_over_time(session: Session, finished: Cycle) -> None:
    found = values(metadata.cycle_metadata(session, finished))

    assert (found["redetected_share"], found["repeated_attempts"]) == (0.3333, 0)
    assert found["seconds_since_plan"] > 0
    assert all(isinstance(found[name], int | float) for name in ("rows_per_second", "dagster/row_count"))


def test_a_cycle_has_a_table_of_its_chunks(session: Session, finished: Cycle) -> None:
    table = metadata.cycle_metadata(session, finished)["chunk_table"]

    assert isinstance(table, dg.TableMetadataValue)
    first, *_ = (record.data for record in table.records)
    assert len(table.records) == 3
    assert first.items() >= {"state": "completed", "attempts": 1, "rows": 1, "run": "run"}.items()
    assert first["partition key"] == f"{finished.cycle_key}_0001"


def test_chunks_that_took_most_attempts_come_first_and_are_linked_to_their_runs(session: Session) -> None:
    completed = cycle(session, state="completed")
    for number, attempts in enumerate((1, 3, 2), start=1):
        chunk(
            session, completed, number, state="completed", attempts=attempts, run_id=f"run {number}", marked=1
        )

    found_metadata = metadata.cycle_metadata(session, ledger.require_cycle(session))

    table = found_metadata["chunk_table"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data["attempts"] for record in table.records] == [3, 2, 1]
    assert found_metadata["repeated_attempts"].value == 3
    links = {name: value for name, value in found_metadata.items() if name.startswith("run of ")}
    assert links == {
        f"run of {completed['cycle_key']}_000{number}": dg.MetadataValue.dagster_run(f"run {number}")
        for number in (2, 3)
    }


def test_a_table_of_chunks_ends_somewhere(session: Session) -> None:
    completed = cycle(session, state="completed")
    for number in range(1, metadata.MAX_TABLE_CHUNKS + 2):
        chunk(session, completed, number, state="completed", attempts=2, run_id="run")

    found_metadata = metadata.cycle_metadata(session, ledger.require_cycle(session))

    table = found_metadata["chunk_table"]
    assert isinstance(table, dg.TableMetadataValue)
    assert len(table.records) == metadata.MAX_TABLE_CHUNKS
    assert len([name for name in found_metadata if name.startswith("run of ")]) == MAX_LINKED_RUNS


def test_a_cycle_that_had_nothing_to_do_has_no_rate(session: Session) -> None:
    cycle(session)

    found = values(metadata.cycle_metadata(session, ledger.require_cycle(session)))

    assert (found["chunks"], found["dagster/row_count"]) == (0, 0)
    assert "rows_per_second" not in found


def test_a_finished_cycle_as_lines_says_the_same(session: Session, finished: Cycle) -> None:
    lines = dict(summary.cycle_lines(session, finished))

    assert lines["Cycle"] == finished.cycle_key
    assert (lines["Rows planned"], lines["Re-detected"], lines["Not re-detected (marked)"]) == ("3", "1", "1")
    assert (lines["  scheduled times equal"], lines["  too far to travel"]) == ("1", "0")
    assert lines["Chunks"] == "3 of 3 completed"


def test_the_lines_stop_their_clock_when_the_cycle_ends(session: Session, finished: Cycle) -> None:
    later = ledger.require_cycle(session)

    assert later.seconds == finished.seconds


def test_a_table_has_a_column_of_known_figures_only_if_there_are_any() -> None:
    lines = [("Rows", "1,000"), ("Chunks", "5")]

    alone, compared = shown(summary.as_table(lines)), shown(summary.as_table(lines, {"Rows": "1,001"}))

    assert "in the sample" not in alone
    assert "in the sample" in compared
    assert ("1,000" in compared, "1,001" in compared) == (True, True)


def test_lines_of_text_have_their_figures_below_one_another() -> None:
    assert summary.as_text([("Rows", "1,000"), ("  rule", "5")]) == "  Rows    1,000\n    rule      5"


def a_load(**changes: Any) -> LoadResult:
    load: dict[str, Any] = {
        "table": "factvisitcallperformance_cr",
        "mode": "incremental",
        "rows": 12_345,
        "bytes": 6_789,
        "merged": MergeResult(inserted=1_000, updated=2_000, deleted=3, repeated=4),
        "watermark": datetime(2026, 3, 2, 12, tzinfo=UTC),
        "seconds": 2.5,
    }
    return LoadResult(**{**load, **changes})


def test_a_load_is_shown_in_figures() -> None:
    assert values(metadata.load_metadata(a_load())) == {
        "dagster/row_count": 12_345,
        "seconds": 2.5,
        "rows_per_second": 4938.0,
        "mode": "incremental",
        "bytes": 6_789,
        "inserted": 1_000,
        "updated": 2_000,
        "deleted": 3,
        "repeated": 4,
        "watermark": "2026-03-02 12:00:00+00:00",
    }


def test_a_table_that_is_loaded_whole_has_no_watermark() -> None:
    assert "watermark" not in metadata.load_metadata(a_load(mode="full", watermark=None))


def test_a_load_is_a_line() -> None:
    assert load.load_line(a_load()) == (
        "incremental load: 12,345 rows read in 2.5 s; 1,000 inserted, 2,000 updated, 3 deleted, 4 with a "
        "repeated key left out."
    )


def test_keys_that_are_not_repeated_are_not_spoken_of() -> None:
    line = load.load_line(a_load(merged=MergeResult(0, 0, 0, 0)))

    assert line.endswith("0 inserted, 0 updated, 0 deleted.")
