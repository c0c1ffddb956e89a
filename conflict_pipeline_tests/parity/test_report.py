"""The result of a comparison as a CSV file and as text in a terminal."""

import csv
import re
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity import report
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.settings import Settings
from conflict_pipeline_tests.conftest import Bucket
from conflict_pipeline_tests.parity.systems import a_parity


def into(folder: Path, **settings: Any) -> Settings:
    return Settings.model_validate({"report_folder": folder, **settings})


def test_the_file_has_a_line_for_each_row_column_and_class(tmp_path: Path) -> None:
    path = Path(report.write_file(a_parity(), into(tmp_path / "new" / "folder")))

    assert path.parent == tmp_path / "new" / "folder"
    assert [stat.S_IMODE(found.stat().st_mode) for found in (path.parent, path)] == [0o700, 0o600]
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


@pytest.mark.parametrize(("rows", "fails"), [(100, False), (101, True)])
def test_more_unexpected_rows_than_the_threshold_are_a_failure(rows: int, fails: bool) -> None:
    settings = Settings(parity_fail_above_rows=100)

    assert report.is_failure(a_parity(unexpected_rows=rows), settings) is fails


def test_a_terminal_gets_a_table() -> None:
    console = Console(file=StringIO(), width=120)

    report.print_result(a_parity(), "/reports/parity.csv", console)

    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "(whole row)" in text
    assert "1,234,567" in text
    assert "Not compared, because Snowflake lacks them: FAILEDON." in text
    assert "The IDs are in /reports/parity.csv" in text
