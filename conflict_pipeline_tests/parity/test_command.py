"""`conflict-pipeline parity` from end to end: exit code, file and output."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflict_pipeline.cli import app
from conflict_pipeline.settings import load_settings
from conflict_pipeline_tests.parity.systems import Systems, both_systems, systems

__all__ = ["both_systems", "systems"]  # fixtures


def run() -> tuple[int, str]:
    result = CliRunner().invoke(app, ["parity"])
    return result.exit_code, result.output


def test_equal_systems_are_a_success_and_the_file_is_named(systems: Systems, tmp_path: Path) -> None:
    systems.fill([1, 2])

    code, text = run()

    (path,) = (tmp_path / "reports").iterdir()
    assert code == 0
    assert str(path) in text
    assert "Not compared, because Snowflake lacks them:" in text


def test_more_unexpected_rows_than_allowed_are_a_failure_without_values(
    systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARITY_FAIL_ABOVE_ROWS", "1")
    load_settings.cache_clear()
    systems.fill([1, 2])
    systems.run_in_snowflake("UPDATE CONFLICTVISITMAPS SET \"SSN\" = '900000077', \"PName\" = 'Mary Secret'")

    code, text = run()

    assert code == 1
    assert "unexpected" in text
    assert "90000" not in text
    assert "Mary" not in text
