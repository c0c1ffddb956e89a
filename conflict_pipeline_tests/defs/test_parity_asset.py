"""The asset and its check, in a Dagster run."""

from pathlib import Path

import dagster as dg
import pytest

from conflict_pipeline.defs.assets.parity import (
    conflictvisitmaps_parity,
    parity_check_result,
    parity_metadata,
)
from conflict_pipeline.defs.resources import PostgresResource, SnowflakeResource
from conflict_pipeline.settings import Settings, load_settings
from conflict_pipeline_tests.parity.systems import Systems, a_parity, both_systems, systems

__all__ = ["both_systems", "systems"]  # fixtures

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
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


def test_metadata_has_a_table_of_findings_and_every_number(tmp_path: Path) -> None:
    found = parity_metadata(a_parity(), str(tmp_path / "file.csv"))

    table = found["differences"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data for record in table.records] == [
        {"column": "", "class": "only_in_postgres", "rows": 2, "first IDs": "7, 8"},
        {"column": "SSN", "class": "unexpected", "rows": 12, "first IDs": "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …"},
        {"column": "PLatitude", "class": "gps_parsing", "rows": 1, "first IDs": "3"},
    ]
    assert found["rows_in_snowflake"].value == 1_234_567
    assert found["unexpected_rows"].value == 14
    assert found["columns_missing_in_snowflake"].value == "FAILEDON"
    assert found["seconds"].value == 1.235
    assert found["file"].value == str(tmp_path / "file.csv")


@pytest.mark.parametrize(
    ("rows", "passed", "severity"),
    [
        (0, True, WARN),
        (5, True, WARN),
        (6, False, WARN),
        (100, False, WARN),
        (101, False, ERROR),
    ],
)
def test_the_check_warns_and_fails_above_its_thresholds(
    rows: int, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    settings = Settings(parity_warn_above_rows=5, parity_fail_above_rows=100)

    outcome = parity_check_result(a_parity(unexpected_rows=rows), settings)

    assert (outcome.passed, outcome.severity) == (passed, severity)
    assert outcome.metadata["unexpected_rows"].value == rows


def test_what_fails_does_not_pass_whatever_the_warning_is() -> None:
    settings = Settings(parity_warn_above_rows=50, parity_fail_above_rows=5)

    outcome = parity_check_result(a_parity(unexpected_rows=6), settings)

    assert (outcome.passed, outcome.severity) == (False, ERROR)


def test_neither_the_file_nor_any_event_holds_a_value(systems: Systems, tmp_path: Path) -> None:
    systems.fill([1, 2, 3])
    systems.run_in_snowflake(
        'UPDATE CONFLICTVISITMAPS SET "SSN" = \'900000088\', "AideName" = \'Quentin\' WHERE "ID" = 2'
    )
    systems.run_in_snowflake('DELETE FROM CONFLICTVISITMAPS WHERE "ID" = 3')

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
    systems.run_in_snowflake("DROP TABLE CONFLICTVISITMAPS")

    result = materialize(raise_on_error=False)

    (failure,) = result.get_step_failure_events()
    assert failure.step_failure_data.error is not None
    assert (
        "Snowflake has no table CONFLICTREPORT.PUBLIC.CONFLICTVISITMAPS"
        in failure.step_failure_data.error.message
    )
