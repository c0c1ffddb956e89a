"""The files of an HTML report: all of them or none, in a folder of the cycle."""

import os
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.files import contents, write

FILES = {"report.html": b"page", "totals.parquet": b"table"}


def found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_in_a_folder_of_the_cycle(tmp_path: Path) -> None:
    path = write("c1", FILES, tmp_path / "new" / "reports")

    assert path == tmp_path / "new" / "reports" / "c1" / "report.html"
    assert found(tmp_path / "new" / "reports") == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}


def test_only_the_owner_may_read_a_report(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = write("c1", FILES, tmp_path / "reports")
    finally:
        os.umask(before)

    modes = [
        stat.S_IMODE(found.stat().st_mode) for found in (path.parents[1], path.parent, *path.parent.iterdir())
    ]
    assert modes == [0o700, 0o700, 0o600, 0o600]


def test_a_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write("c1", {**FILES, "gone.parquet": b"old"}, tmp_path)

    write("c1", FILES, tmp_path)

    assert found(tmp_path) == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}


def test_a_failure_keeps_the_earlier_report_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("c1", FILES, tmp_path)
    written = Path.write_bytes

    def full_disk(path: Path, content: bytes) -> int:
        if path.name == "totals.parquet":
            raise OSError(28, os.strerror(28))
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)

    with pytest.raises(OSError, match="No space left"):
        write("c1", {"report.html": b"new", "totals.parquet": b"new"}, tmp_path)

    assert found(tmp_path) == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}
    assert [path.name for path in tmp_path.iterdir()] == ["c1"]


def test_a_failure_to_rename_the_folder_restores_the_earlier_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("c1", FILES, tmp_path)
    rename = Path.rename

    def refuse_new(path: Path, target: Path) -> Path:
        if path.name.endswith("_new"):
            raise PermissionError(13, os.strerror(13))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_new)

    with pytest.raises(PermissionError):
        write("c1", {"report.html": b"new"}, tmp_path)

    assert found(tmp_path) == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}
    assert [path.name for path in tmp_path.iterdir()] == ["c1"]


def test_every_figure_is_a_parquet_file_with_its_definition(one_row_report: Report) -> None:
    files = contents(one_row_report, "page")

    assert files.keys() == {"report.html", *(f"{name}.parquet" for name in one_row_report.figures)}
    totals = pq.read_table(pa.BufferReader(files["totals.parquet"]))
    assert totals.to_pylist() == one_row_report.rows("totals")
    assert totals.schema.metadata[b"cycle"].decode() == one_row_report.cycle.cycle_key
    assert totals.schema.metadata[b"definition"].startswith(b"A conflict is a pair of visits")
