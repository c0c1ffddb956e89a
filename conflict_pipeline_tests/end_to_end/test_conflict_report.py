"""The whole cycle as users start it: a process of its own, on a database with the sample."""

from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.cycles.ledger import require_cycle, rules
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.conftest import RunDagster
from conflict_pipeline_tests.end_to_end.privacy import everything_outside, private_values
from conflict_pipeline_tests.end_to_end.tables import conflict_rows


def test_a_cycle_finds_what_is_in_the_sample_and_leaves_nothing_private_outside_the_database(
    sample: Postgres, counts: SampleCounts, execute_job: RunDagster, dagster_home: Path
) -> None:
    run = execute_job("conflict_report", {"target_chunk_size": 300})

    assert run.returncode == 0, run.stderr
    with sample.session("after") as session:
        cycle = require_cycle(session)
        by_rule = {rule: rows for rule, rows in rules(session, cycle.cycle_id).items() if rows}
        flag = session.conn.execute('SELECT "InProgressFlag" AS flag FROM conflict.settings').fetchone()
        snapshot = session.conn.execute(
            "SELECT count(*) AS rows FROM conflict.conflictvisitmaps_temp"
        ).fetchone()
    assert cycle.state == "completed"
    assert cycle.chunks > 5
    assert (cycle.planned, cycle.marked) == (counts.eligible, counts.eligible)
    assert (cycle.redetected, cycle.not_redetected) == (counts.redetected, counts.not_redetected)
    assert (cycle.guarded, cycle.bad_gps) == (counts.guarded, counts.bad_gps)
    assert by_rule == {rule: rows for rule, rows in counts.redetected_by_rule.items() if rows}
    assert flag == {"flag": 2}
    assert snapshot == {"rows": counts.snapshot}
    assert f"{counts.redetected:,}" in run.stderr  # the summary

    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        materialized = instance.get_materialized_partitions(dg.AssetKey("conflictvisitmaps"))
        assert materialized == set(instance.get_dynamic_partitions("conflict_chunks"))
    assert len(materialized) == cycle.chunks

    haystack = everything_outside(sample, dagster_home, run)
    assert b"ASSET_MATERIALIZATION" in haystack
    assert str(cycle.cycle_key).encode() in haystack
    leaked = [value for value in private_values(sample) if value in haystack]
    assert leaked == []


@pytest.mark.parametrize("target_chunk_size", [50, 1_000, 10_000])
def test_chunks_of_any_size_give_what_one_piece_gives(
    one_piece: dict[int, dict[str, object]],  # first, for it points the settings at a database of its own
    sample: Postgres,
    execute_job: RunDagster,
    target_chunk_size: int,
) -> None:
    run = execute_job("conflict_report", {"target_chunk_size": target_chunk_size})

    assert run.returncode == 0, run.stderr
    assert conflict_rows(sample) == one_piece
