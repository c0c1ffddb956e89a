"""A whole cycle as a user starts it, on a database with the sample."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.cycles.ledger import require_cycle
from conflict_pipeline.cycles.settings import CycleSettings
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.cycles import process_cycle
from conflict_pipeline_tests.end_to_end.privacy import everything_outside, private_values
from conflict_pipeline_tests.end_to_end.processes import (
    in_progress_flag,
    materialized,
    run_job,
    start,
    start_job,
)
from conflict_pipeline_tests.end_to_end.tables import conflict_rows, expected_redetect_counts, redetect_counts

__all__ = ["run_job", "start", "start_job"]  # fixtures


def test_a_cycle_finds_what_is_in_the_sample_and_leaves_nothing_private_outside_the_database(
    sample: Postgres, counts: SampleCounts, run_job: Callable[..., str], dagster_home: Path
) -> None:
    # The one job that runs exactly as a user's, in an interpreter that has imported nothing before.
    output = run_job("conflict_report", {"target_chunk_size": 100}, fresh=True)

    with sample.session("after") as session:
        cycle = require_cycle(session)
        flag = in_progress_flag(session)
        snapshot = session.conn.execute(
            "SELECT count(*) AS rows FROM conflict.conflictvisitmaps_temp"
        ).fetchone()
    assert (cycle.state, flag) == ("completed", 2)
    assert cycle.chunks > 5
    assert cycle.planned == counts.eligible
    assert redetect_counts(cycle) == expected_redetect_counts(counts)
    assert snapshot == {"rows": counts.snapshot}
    assert f"{counts.redetected:,}" in output  # the summary

    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        known = set(instance.get_dynamic_partitions("conflict_chunks"))
    assert len(known) == cycle.chunks
    assert materialized(dagster_home) == known

    haystack = everything_outside(sample, dagster_home, output)
    assert b"ASSET_MATERIALIZATION" in haystack
    assert cycle.cycle_key.encode() in haystack
    assert [value for value in private_values(sample) if value in haystack] == []


def test_the_job_that_updates_in_one_piece_ends_in_the_same_state(
    one_piece: dict[int, dict[str, object]], sample: Postgres, run_job: Callable[..., str]
) -> None:
    run_job("task_02")

    assert conflict_rows(sample) == one_piece


@pytest.mark.parametrize("target_chunk_size", [20, 300])
def test_chunks_of_any_size_end_in_the_state_of_one_piece(
    one_piece: dict[int, dict[str, object]], sample: Postgres, target_chunk_size: int
) -> None:
    process_cycle(sample, CycleSettings(target_chunk_size=target_chunk_size))

    assert conflict_rows(sample) == one_piece
