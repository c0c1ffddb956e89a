"""Files of a report: all of them or none, in a folder of the cycle."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import compute
from conflict_pipeline.report.files import contents, write
from conflict_pipeline_tests.report.cycles import complete, one_conflict
from conflict_pipeline_tests.small_cycles import SMALL

FILES = {"report.html": b"page", "totals.parquet": b"table"}


def found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_in_a_folder_of_the_cycle(tmp_path: Path) -> None:
    path = write("c1", FILES, tmp_path / "new" / "reports")

    assert path == tmp_path / "new" / "reports" / "c1" / "report.html"
    assert found(tmp_path / "new" / "reports") == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}


def test_a_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write("c1", {**FILES, "gone.parquet": b"old"}, tmp_path)

    write("c1", FILES, tmp_path)

    assert found(tmp_path) == {"c1/report.html": b"page", "c1/totals.parquet": b"table"}


def test_a_failure_leaves_what_was_there_and_nothing_else(
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


def test_a_failure_to_name_the_folder_brings_back_what_was_there(
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


def test_every_figure_is_a_parquet_file_that_says_how_it_was_counted(
    database: Postgres, session: Session
) -> None:
    one_conflict(session)
    report = compute(session, complete(database, session, SMALL), database.settings)

    files = contents(report, "page")

    assert files.keys() == {"report.html", *(f"{name}.parquet" for name in report.figures)}
    totals = pq.read_table(pa.BufferReader(files["totals.parquet"]))
    assert totals.to_pylist() == report.rows("totals")
    assert totals.schema.metadata[b"cycle"].decode() == report.cycle.cycle_key
    assert totals.schema.metadata[b"definition"].startswith(b"Conflicts are pairs of visits")
