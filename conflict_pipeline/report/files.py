"""The files of an HTML report: a folder for each cycle with the page and a Parquet file for each figure."""

import io
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from conflict_pipeline.report.figures import Report

PAGE = "report.html"


def contents(report: Report, page: str) -> dict[str, bytes]:
    """Return every file of the report by its name.

    The page comes last: where it exists, so do all other files.
    """
    tables = {f"{name}.parquet": _parquet(report, name) for name in report.figures}
    return {**tables, PAGE: page.encode()}


def write(cycle_key: str, files: Mapping[str, bytes], folder: Path) -> Path:
    """Write the files to `folder`/`cycle_key`, replacing an earlier report, and return the path of the page.

    Only the user who runs the process may read them. They are written to a temporary folder, which is renamed
    at the end, so a report is never incomplete. Raises OSError if that fails; an earlier report is then
    unchanged and no temporary folder remains.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target, mark = folder / cycle_key, uuid.uuid4().hex[:8]
    new, old = folder / f".{cycle_key}_{mark}_new", folder / f".{cycle_key}_{mark}_old"
    try:
        new.mkdir(mode=0o700)
        for name, content in files.items():
            (new / name).touch(mode=0o600)
            (new / name).write_bytes(content)
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return (target / PAGE).resolve()


def _parquet(report: Report, name: str) -> bytes:
    figure = report.figures[name]
    buffer = io.BytesIO()
    table = figure.as_arrow().replace_schema_metadata(
        {"cycle": report.cycle.cycle_key, "definition": figure.definition}
    )
    pq.write_table(table, buffer)
    return buffer.getvalue()
