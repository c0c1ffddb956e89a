"""What people get to see: the file, the table, the metadata and the check."""

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from rich.console import Console

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity import report
from conflict_pipeline.parity.result import Finding, Parity
from conflict_pipeline.settings import Settings
from conflict_pipeline_tests.conftest import Bucket

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def a_parity(**changes: Any) -> Parity:
    values: dict[str, Any] = {
        "missing_columns": ("FAILEDON",),
        "rows_there": 1_234_567,
        "only_here": Finding(2, [7, 8]),
        "columns": {
            ("SSN", "unexpected"): Finding(12, list(range(12))),
            ("PLatitude", "gps_parsing"): Finding(1, [3]),
        },
        "unexpected_rows": 14,
        "seconds": 1.23456,
    }
    return Parity(**(values | changes))


def into(folder: Path, **settings: Any) -> Settings:
    return Settings.model_validate({"report_folder": folder, **settings})


def test_the_file_has_a_line_for_each_row_column_and_class(tmp_path: Path) -> None:
    path = Path(report.write_file(a_parity(), into(tmp_path / "new" / "folder")))

    assert path.parent == tmp_path / "new" / "folder"
    assert re.fullmatch(r"parity_\d{8}T\d{12}Z\.csv", path.name)
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    assert lines[:3] == [
        ["id", "column", "class"],
        ["7", "", "only_in_postgres"],
        ["8", "", "only_in_postgres"],
    ]
    assert lines[3] == ["0", "SSN", "unexpected"]
    assert lines[-1] == ["3", "PLatitude", "gps_parsing"]
    assert len(lines) == 1 + 2 + 12 + 1


def test_the_file_of_equal_systems_has_its_first_line_only(tmp_path: Path) -> None:
    path = Path(report.write_file(Parity(), into(tmp_path)))

    assert path.read_text().splitlines() == ["id,column,class"]


def test_the_file_is_in_s3_too(tmp_path: Path, bucket: Bucket) -> None:
    path = report.write_file(a_parity(), into(tmp_path, report_s3_prefix="s3://reports/parity/"))

    (written,) = tmp_path.iterdir()
    assert path == f"s3://reports/parity/{written.name}"
    assert bucket.files() == {f"parity/{written.name}": written.read_bytes()}


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file")

    with pytest.raises(PipelineError, match=r"was not written: File exists \(REPORT_FOLDER is .*/reports\)"):
        report.write_file(Parity(), into(tmp_path / "reports"))


def test_two_files_never_have_one_name(tmp_path: Path) -> None:
    settings = into(tmp_path)
    assert report.write_file(Parity(), settings) != report.write_file(Parity(), settings)


def test_metadata_has_a_table_of_findings_and_every_number(tmp_path: Path) -> None:
    found = report.metadata(a_parity(), str(tmp_path / "file.csv"))

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
    ("rows", "passed", "severity", "is_failure"),
    [
        *((0, True, WARN, False), (5, True, WARN, False), (6, False, WARN, False)),
        *((100, False, WARN, False), (101, False, ERROR, True)),
    ],
)
def test_the_check_warns_and_fails_above_its_thresholds(
    rows: int, passed: bool, severity: dg.AssetCheckSeverity, is_failure: bool
) -> None:
    settings = Settings(parity_warn_above_rows=5, parity_fail_above_rows=100)

    outcome = report.check_result(a_parity(unexpected_rows=rows), settings)

    assert (outcome.passed, outcome.severity) == (passed, severity)
    assert outcome.metadata["unexpected_rows"].value == rows
    assert report.is_failure(a_parity(unexpected_rows=rows), settings) is is_failure


def test_what_fails_does_not_pass_whatever_the_warning_is() -> None:
    settings = Settings(parity_warn_above_rows=50, parity_fail_above_rows=5)

    outcome = report.check_result(a_parity(unexpected_rows=6), settings)

    assert (outcome.passed, outcome.severity) == (False, ERROR)


def test_a_terminal_gets_a_table() -> None:
    console = Console(file=StringIO(), width=120)

    console.print(report.as_table(a_parity()))

    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "(whole row)" in text
    assert "1,234,567" in text
