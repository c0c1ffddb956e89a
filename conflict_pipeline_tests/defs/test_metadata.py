"""What was done as metadata of materializations: counts by step, tables, links."""

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.cycles.chunk_runner import ChunkResult
from conflict_pipeline.cycles.run import MAX_LINKED_RUNS, StepResult
from conflict_pipeline.defs import metadata
from conflict_pipeline.loads.load import LoadResult
from conflict_pipeline.loads.merge import MergeResult
from conflict_pipeline.model import RULE_COLUMNS, Cycle, Plan, Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.steps import snapshot
from conflict_pipeline.steps.redetect import RedetectCounts
from conflict_pipeline.steps.snapshot import SnapshotCounts
from conflict_pipeline_tests.rows import chunk, cycle
from conflict_pipeline_tests.small_cycles import cycle_of, finished_cycle

WINDOW = Window(date(2024, 3, 2), date(2026, 4, 16))
COUNTS = RedetectCounts(
    rows=10,
    redetected=6,
    not_redetected=3,
    guarded=1,
    changed_meanwhile=0,
    bad_gps=2,
    bad_times=1,
    written=9,
    marked=4,
    redetected_by_rule={**dict.fromkeys(RULE_COLUMNS, 0), "DistanceFlag": 6},
)


@pytest.fixture
def finished(database: Postgres, session: Session) -> Cycle:
    return finished_cycle(database, session)


def values(found: metadata.Metadata) -> dict[str, Any]:
    """The plain values, without tables."""
    return {
        name: value.value for name, value in found.items() if not isinstance(value, dg.TableMetadataValue)
    }


def by_rule(found: metadata.Metadata) -> dict[Any, Any]:
    """The rows of the table of rules."""
    table = found["redetect/redetected_by_rule"]
    assert isinstance(table, dg.TableMetadataValue)
    return {record.data["name"]: record.data["rows"] for record in table.records}


def a_plan(**changes: Any) -> Plan:
    plan: dict[str, Any] = {
        "cycle_id": 1,
        "cycle_key": "c1",
        "superseded": None,
        "mode": "full",
        "mode_reason": "as configured",
        "window": WINDOW,
        "partition_keys": ["c1_0001", "c1_0002"],
        "rows": 10,
        "keys": 5,
        "largest_chunk": 7,
        "oversized_chunks": [],
        "seconds": 0.12345,
    }
    return Plan(**{**plan, **changes})


def test_a_step_has_its_counts_cycle_and_window() -> None:
    result = StepResult(snapshot.STEP, cycle_of(WINDOW), SnapshotCounts(copied=100), seconds=0.5)

    assert values(metadata.step_metadata(result)) == {
        "cycle": "c20260302t010203",
        "window": "2024-03-02 to 2026-04-16",
        "seconds": 0.5,
        "snapshot/copied": 100,
    }


def test_a_plan_has_its_rows_keys_and_chunks() -> None:
    assert values(metadata.plan_metadata(a_plan())) == {
        "dagster/row_count": 10,
        "cycle": "c1",
        "mode": "full: as configured",
        "window": "2024-03-02 to 2026-04-16",
        "chunks": 2,
        "keys": 5,
        "largest_chunk": 7,
        "seconds": 0.123,
    }


def test_a_plan_names_the_cycle_that_it_supersedes_and_chunks_that_are_too_large() -> None:
    plan = a_plan(superseded="c0", oversized_chunks=["c1_0001", "c1_0002"])

    found = values(metadata.plan_metadata(plan))

    assert (found["superseded_cycle"], found["oversized_chunks"]) == ("c0", "c1_0001, c1_0002")


def test_a_chunk_has_the_counts_of_its_steps_its_attempts_and_its_rate() -> None:
    result = ChunkResult("c1_0001", "completed", "", 11, 2, 0.5, {"redetect": COUNTS})

    found = metadata.chunk_metadata(result)

    assert values(found) == {
        "dagster/row_count": 11,
        "seconds": 0.5,
        "rows_per_second": 22.0,
        "attempts": 2,
        "redetect/rows": 10,
        "redetect/redetected": 6,
        "redetect/not_redetected": 3,
        "redetect/guarded": 1,
        "redetect/changed_meanwhile": 0,
        "redetect/bad_gps": 2,
        "redetect/bad_times": 1,
        "redetect/written": 9,
        "redetect/marked": 4,
    }
    assert list(by_rule(found)) == list(RULE_COLUMNS)
    assert {rule: number for rule, number in by_rule(found).items() if number} == {"DistanceFlag": 6}


def test_a_chunk_that_took_no_time_has_no_rate() -> None:
    result = ChunkResult("c1_0001", "completed", counts={"redetect": COUNTS})

    assert values(metadata.chunk_metadata(result))["rows_per_second"] == 0


def test_a_finished_cycle_has_the_sums_of_its_chunks_and_the_counts_of_its_steps(
    session: Session, finished: Cycle
) -> None:
    found = metadata.cycle_metadata(session, finished)

    numbers = values(found)
    assert {name: numbers[name] for name in numbers if "/" in name} == {
        "dagster/row_count": 3,
        "reminders/inserted": 0,
        "reminders/refreshed": 0,
        "snapshot/copied": 3,
        "redetect/rows": 3,
        "redetect/redetected": 1,
        "redetect/not_redetected": 1,
        "redetect/guarded": 1,
        "redetect/changed_meanwhile": 0,
        "redetect/bad_gps": 0,
        "redetect/bad_times": 0,
        "redetect/written": 3,
        "redetect/marked": 2,
    }
    assert (numbers["cycle"], numbers["mode"], numbers["chunks"]) == (finished.cycle_key, "full", 3)
    assert {rule for rule, rows in by_rule(found).items() if rows} == {"SameSchTimeFlag"}


def test_numbers_of_a_cycle_plot_over_time(session: Session, finished: Cycle) -> None:
    found = values(metadata.cycle_metadata(session, finished))

    assert found["repeated_attempts"] == 0
    assert found["seconds"] > 0
    assert all(isinstance(found[name], int | float) for name in ("rows_per_second", "dagster/row_count"))


def test_a_cycle_has_a_table_of_its_chunks(session: Session, finished: Cycle) -> None:
    table = metadata.cycle_metadata(session, finished)["chunk_table"]

    assert isinstance(table, dg.TableMetadataValue)
    first, *_ = (record.data for record in table.records)
    assert len(table.records) == 3
    assert first.items() >= {"status": "completed", "attempts": 1, "rows": 1, "run": "run"}.items()
    assert first["partition key"] == f"{finished.cycle_key}_0001"


def test_chunks_with_the_most_attempts_come_first_and_are_linked_to_their_runs(scratch: Session) -> None:
    completed = cycle(scratch, state="completed")
    for number, attempts in enumerate((1, 3, 2), start=1):
        chunk(scratch, completed, number, state="completed", attempts=attempts, run_id=f"run {number}")

    found = metadata.cycle_metadata(scratch, ledger.require_cycle(scratch))

    table = found["chunk_table"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data["attempts"] for record in table.records] == [3, 2, 1]
    assert found["repeated_attempts"].value == 3
    links = {name: value for name, value in found.items() if name.startswith("run of ")}
    assert links == {
        f"run of {completed['cycle_key']}_000{number}": dg.MetadataValue.dagster_run(f"run {number}")
        for number in (2, 3)
    }


def test_tables_and_links_of_chunks_are_limited(scratch: Session) -> None:
    completed = cycle(scratch, state="completed")
    for number in range(1, metadata.MAX_TABLE_CHUNKS + 2):
        chunk(scratch, completed, number, state="completed", attempts=2, run_id="run")

    found = metadata.cycle_metadata(scratch, ledger.require_cycle(scratch))

    table = found["chunk_table"]
    assert isinstance(table, dg.TableMetadataValue)
    assert len(table.records) == metadata.MAX_TABLE_CHUNKS
    assert len([name for name in found if name.startswith("run of ")]) == MAX_LINKED_RUNS


def test_a_cycle_without_chunks_has_no_rate(scratch: Session) -> None:
    cycle(scratch, state="completed")

    found = metadata.cycle_metadata(scratch, ledger.require_cycle(scratch))

    assert "rows_per_second" not in found


def a_load(**changes: Any) -> LoadResult:
    values: dict[str, Any] = {
        "table": "factvisitcallperformance_cr",
        "mode": "incremental",
        "rows": 12_345,
        "bytes": 6_789,
        "merged": MergeResult(inserted=1_000, updated=2_000, deleted=3, repeated=4),
        "watermark": datetime(2026, 3, 2, 12, tzinfo=UTC),
        "seconds": 2.5,
    }
    return LoadResult(**{**values, **changes})


def test_a_load_has_its_rows_rate_and_changes() -> None:
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
