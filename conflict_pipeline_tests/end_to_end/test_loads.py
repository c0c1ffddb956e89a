"""The load from Snowflake as users start it, and the cycle after it; the sample is in Snowflake only."""

from pathlib import Path

import pytest

from conflict_pipeline.cycles.ledger import require_cycle
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.conftest import RunDagster
from conflict_pipeline_tests.end_to_end.loads import NAMES, expected, refreshes, upstream
from conflict_pipeline_tests.end_to_end.privacy import everything_outside, private_values
from conflict_pipeline_tests.loads.upstream import Rows, Upstream, table_rows, versions
from conflict_pipeline_tests.rows import SSN

__all__ = ["expected", "upstream"]  # fixtures


def test_a_load_copies_every_row_and_the_next_cycle_finds_the_samples_conflicts(
    upstream: Upstream,
    sample: Postgres,
    expected: dict[str, Rows],
    counts: SampleCounts,
    execute_job: RunDagster,
    dagster_home: Path,
) -> None:
    before = refreshes(sample)

    load = execute_job("load_analytics")
    assert load.returncode == 0, load.stderr
    report = execute_job("conflict_report")
    assert report.returncode == 0, report.stderr

    with sample.session("after") as session:
        assert [name for name in NAMES if table_rows(session, name) != expected[name]] == []
        cycle = require_cycle(session)
    after = refreshes(sample)
    assert len(after) == len(before) + 1
    assert after[-1] > max(before)
    found = cycle.counts["redetect"]
    assert (cycle.state, found["rows"]) == ("completed", counts.eligible)
    assert (found["redetected"], found["not_redetected"]) == (counts.redetected, counts.not_redetected)
    assert (found["guarded"], found["bad_gps"]) == (counts.guarded, counts.bad_gps)
    assert {rule: rows for rule, rows in found["redetected_by_rule"].items() if rows} == {
        rule: rows for rule, rows in counts.redetected_by_rule.items() if rows
    }

    haystack = everything_outside(sample, dagster_home, load, report)
    assert b"full load: 8,000 rows read" in haystack
    assert b"ASSET_MATERIALIZATION" in haystack
    assert [value for value in private_values(sample) if value in haystack] == []


def test_a_second_load_is_incremental_and_writes_only_changes(
    upstream: Upstream, sample: Postgres, execute_job: RunDagster
) -> None:
    assert execute_job("load_analytics").returncode == 0
    with sample.session("test") as session:
        before = {name: versions(session, name) for name in NAMES}
    upstream.run("""UPDATE DIMPAYER SET "Payer Name" = 'renamed'""")

    load = execute_job("load_analytics")

    assert load.returncode == 0, load.stderr
    assert load.stderr.count("incremental load: ") == 2
    with sample.session("test") as session:
        changed = [name for name in NAMES if versions(session, name) != before[name]]
        assert table_rows(session, "dimpayer") == upstream.rows("dimpayer")
    assert changed == ["dimpayer"]


def test_a_load_that_fails_names_the_reason_and_makes_no_cycle_due(
    upstream: Upstream,
    sample: Postgres,
    expected: dict[str, Rows],
    execute_job: RunDagster,
    dagster_home: Path,
) -> None:
    before = refreshes(sample)
    upstream.run('ALTER TABLE DIMCAREGIVER ALTER COLUMN "SSN" TYPE VARCHAR(999)')
    upstream.run(f"""UPDATE DIMCAREGIVER SET "SSN" = '{SSN * 60}'""")

    load = execute_job("load_analytics")

    assert load.returncode != 0
    assert "dimcaregiver: the value of column SSN in the row with Caregiver Id" in load.stderr
    assert refreshes(sample) == before
    with sample.session("test") as session:
        assert table_rows(session, "dimcaregiver") == []
        # Tables that do not depend on it were loaded.
        assert table_rows(session, "dimpatient") == expected["dimpatient"]
    haystack = everything_outside(sample, dagster_home, load)
    assert SSN.encode() not in haystack
    assert [value for value in private_values(sample) if value in haystack] == []

    upstream.run('UPDATE DIMCAREGIVER SET "SSN" = NULL')
    again = execute_job("load_analytics")

    assert again.returncode == 0, again.stderr
    assert len(refreshes(sample)) == len(before) + 1


def test_the_run_config_asks_for_a_full_load(
    upstream: Upstream, sample: Postgres, execute_job: RunDagster
) -> None:
    assert execute_job("load_analytics").returncode == 0
    upstream.run("""DELETE FROM FACTVISITCALLPERFORMANCE_CR WHERE "Visit Date" < CURRENT_DATE""")

    load = execute_job("load_analytics", {"ops": {"factvisitcallperformance_cr": {"config": {"full": True}}}})

    assert load.returncode == 0, load.stderr
    with sample.session("test") as session:
        loaded = table_rows(session, "factvisitcallperformance_cr")
    assert 0 < len(loaded) < 8_000
    assert loaded == upstream.rows("factvisitcallperformance_cr")


def test_a_refused_log_in_is_named_and_changes_nothing(
    upstream: Upstream,
    sample: Postgres,
    execute_job: RunDagster,
    dagster_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = refreshes(sample)
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "do-not-show-me")

    load = execute_job("load_analytics")

    assert load.returncode != 0
    assert "Snowflake refused the user. Check SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, and" in load.stderr
    assert refreshes(sample) == before
    assert b"do-not-show-me" not in everything_outside(sample, dagster_home, load)
