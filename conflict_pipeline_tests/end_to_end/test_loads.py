"""The load from Snowflake as users start it, and the cycle after it; the sample is in Snowflake only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from conflict_pipeline.cycles.ledger import require_cycle
from conflict_pipeline.definitions import assemble
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.conftest import SIZE
from conflict_pipeline_tests.end_to_end.loads import NAMES, expected, refreshes, upstream
from conflict_pipeline_tests.end_to_end.privacy import everything_outside, private_values
from conflict_pipeline_tests.end_to_end.processes import run_job, start, start_job
from conflict_pipeline_tests.end_to_end.tables import expected_redetect_counts, redetect_counts
from conflict_pipeline_tests.loads.upstream import Rows, Upstream, table_rows, versions
from conflict_pipeline_tests.rows import SSN

__all__ = ["expected", "run_job", "start", "start_job", "upstream"]  # fixtures


def test_a_load_copies_every_row_and_the_next_cycle_finds_the_samples_conflicts(
    upstream: Upstream,
    sample: Postgres,
    expected: dict[str, Rows],
    counts: SampleCounts,
    run_job: Callable[..., str],
    dagster_home: Path,
) -> None:
    before = refreshes(sample)

    outputs = run_job("load_analytics"), run_job("conflict_report")

    with sample.session("after") as session:
        assert [name for name in NAMES if table_rows(session, name) != expected[name]] == []
        cycle = require_cycle(session)
    after = refreshes(sample)
    assert len(set(after) - set(before)) == 1
    assert cycle.state == "completed"
    assert redetect_counts(cycle) == expected_redetect_counts(counts)

    haystack = everything_outside(sample, dagster_home, *outputs)
    assert f"full load: {SIZE.visits:,} rows read".encode() in haystack
    assert b"ASSET_MATERIALIZATION" in haystack
    assert [value for value in private_values(sample) if value in haystack] == []


def load(instance: dg.DagsterInstance, config: dict[str, Any] | None = None) -> str:
    """Run the job in this process; return its log."""
    job = assemble().resolve_job_def("load_analytics")
    result = job.execute_in_process(instance=instance, run_config=config)
    return "\n".join(entry.user_message for entry in instance.all_logs(result.run_id))


def test_a_second_load_is_incremental_and_writes_only_changes(
    upstream: Upstream, sample: Postgres, instance: dg.DagsterInstance
) -> None:
    load(instance)
    with sample.session("test") as session:
        before = {name: versions(session, name) for name in NAMES}
    upstream.run("""UPDATE DIMPAYER SET "Payer Name" = 'renamed'""")

    log = load(instance)

    assert log.count("incremental load: ") == 2
    with sample.session("test") as session:
        changed = [name for name in NAMES if versions(session, name) != before[name]]
        assert table_rows(session, "dimpayer") == upstream.rows("dimpayer")
    assert changed == ["dimpayer"]


def test_a_load_that_fails_names_the_reason_and_makes_no_cycle_due(
    upstream: Upstream,
    sample: Postgres,
    expected: dict[str, Rows],
    run_job: Callable[..., str],
    dagster_home: Path,
) -> None:
    before = refreshes(sample)
    upstream.run('ALTER TABLE DIMCAREGIVER ALTER COLUMN "SSN" TYPE VARCHAR(999)')
    upstream.run(f"""UPDATE DIMCAREGIVER SET "SSN" = '{SSN * 60}'""")

    output = run_job("load_analytics", code=1)

    assert "dimcaregiver: the value of column SSN in the row with Caregiver Id" in output
    assert refreshes(sample) == before
    with sample.session("test") as session:
        assert table_rows(session, "dimcaregiver") == []
        # Tables that do not depend on it were loaded.
        assert table_rows(session, "dimpatient") == expected["dimpatient"]
    haystack = everything_outside(sample, dagster_home, output)
    assert SSN.encode() not in haystack
    assert [value for value in private_values(sample) if value in haystack] == []

    upstream.run('UPDATE DIMCAREGIVER SET "SSN" = NULL')
    run_job("load_analytics")

    assert len(refreshes(sample)) == len(before) + 1


def test_the_run_config_asks_for_a_full_load(
    upstream: Upstream, sample: Postgres, instance: dg.DagsterInstance
) -> None:
    load(instance)
    upstream.run("""DELETE FROM FACTVISITCALLPERFORMANCE_CR WHERE "Visit Date" < CURRENT_DATE""")

    load(instance, {"ops": {"factvisitcallperformance_cr": {"config": {"full": True}}}})

    with sample.session("test") as session:
        loaded = table_rows(session, "factvisitcallperformance_cr")
    assert 0 < len(loaded) < SIZE.visits
    assert loaded == upstream.rows("factvisitcallperformance_cr")


def test_a_refused_log_in_is_named_and_changes_nothing(
    upstream: Upstream,
    sample: Postgres,
    run_job: Callable[..., str],
    dagster_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = refreshes(sample)
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "do-not-show-me")

    output = run_job("load_analytics", code=1)

    assert "Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and" in output
    assert refreshes(sample) == before
    assert b"do-not-show-me" not in everything_outside(sample, dagster_home, output)
