"""The asset and its check, in a Dagster run."""

from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.defs.assets.parity import conflictvisitmaps_parity
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.parity.systems import Systems, systems

__all__ = ["systems"]  # fixture

SECRETS = ("900000001", "900000088", "Example", "Quentin")


def materialize(*, raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    load_settings.cache_clear()
    return dg.materialize(
        [conflictvisitmaps_parity],
        resources={"postgres": PostgresResource(), "snowflake": SnowflakeResource()},
        raise_on_error=raise_on_error,
    )


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def test_equal_systems_pass(systems: Systems) -> None:
    systems.fill([1, 2])

    result = materialize()

    assert check(result).check_name == "conflictvisitmaps_parity_within_thresholds"
    assert check(result).passed


@pytest.mark.parametrize(
    ("warn", "fail", "passed", "severity"),
    [
        ("2", "5", True, dg.AssetCheckSeverity.WARN),
        ("1", "5", False, dg.AssetCheckSeverity.WARN),
        ("0", "1", False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_the_check_follows_the_settings(
    systems: Systems,
    monkeypatch: pytest.MonkeyPatch,
    warn: str,
    fail: str,
    passed: bool,
    severity: dg.AssetCheckSeverity,
) -> None:
    monkeypatch.setenv("PARITY_WARN_ABOVE_ROWS", warn)
    monkeypatch.setenv("PARITY_FAIL_ABOVE_ROWS", fail)
    systems.fill([1, 2, 3])
    systems.there('DELETE FROM CONFLICTVISITMAPS WHERE "ID" <= 2')

    evaluation = check(materialize())

    assert (evaluation.passed, evaluation.severity) == (passed, severity)


def test_neither_the_file_nor_any_event_holds_a_value(systems: Systems, tmp_path: Path) -> None:
    systems.fill([1, 2, 3])
    systems.there(
        'UPDATE CONFLICTVISITMAPS SET "SSN" = \'900000088\', "AideName" = \'Quentin\' WHERE "ID" = 2'
    )
    systems.there('DELETE FROM CONFLICTVISITMAPS WHERE "ID" = 3')

    with dg.instance_for_test() as instance:
        result = dg.materialize(
            [conflictvisitmaps_parity],
            resources={"postgres": PostgresResource(), "snowflake": SnowflakeResource()},
            instance=instance,
        )
        events = "\n".join(str(event) for event in instance.all_logs(result.run_id))
    (path,) = (tmp_path / "reports").iterdir()
    text = path.read_text()

    assert text.splitlines() == [
        "id,column,class",
        "3,,only_in_postgres",
        "2,SSN,unexpected",
        "2,AideName,unexpected",
    ]
    assert "AideName" in events
    assert not [secret for secret in SECRETS if secret in text or secret in events]


def test_a_missing_table_fails_the_run_in_one_line(systems: Systems) -> None:
    systems.there("DROP TABLE CONFLICTVISITMAPS")

    result = materialize(raise_on_error=False)

    (failure,) = result.get_step_failure_events()
    assert failure.step_failure_data.error is not None
    assert (
        "Snowflake has no table CONFLICTREPORT.PUBLIC.CONFLICTVISITMAPS"
        in failure.step_failure_data.error.message
    )
