"""A comparison for people: a file, a table in a terminal, Dagster's metadata and a check."""

import csv
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from rich.table import Table

from conflict_pipeline import s3
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.columns import TABLE
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.settings import Settings

CHECK = f"{TABLE}_parity_within_thresholds"

# IDs that are shown of a finding; the file has more of them.
_SHOWN_IDS = 10


def write_file(parity: Parity, settings: Settings) -> str:
    """One line for each row, column and class, without any value, in parity_<UTC time>.csv.

    At most MOST_IDS rows of each column and class; rows on one side only have no column. In REPORT_FOLDER,
    and in S3 where REPORT_S3_PREFIX names a place there; returns where it is. Raises PipelineError if it
    cannot be written.
    """
    folder = settings.report_folder.resolve()
    path = folder / f"parity_{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "column", "class"))
            for column, name, finding in parity.findings():
                writer.writerows((row_id, column, name) for row_id in finding.ids)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PipelineError(
            f"The list of differences was not written: {reason} (REPORT_FOLDER is {folder})."
        ) from None
    if settings.report_s3_prefix is None:
        return str(path)
    return f"{s3.upload({path.name: path.read_bytes()}, settings.report_s3_prefix)}/{path.name}"


def numbers(parity: Parity) -> dict[str, int]:
    """What was counted, by name."""
    return {
        "rows_in_snowflake": parity.rows_there,
        "rows_in_postgres": parity.rows_here,
        "only_in_snowflake": parity.only_there.rows,
        "only_in_postgres": parity.only_here.rows,
        "differing_rows": parity.differing_rows,
        "unexpected_rows": parity.unexpected_rows,
        "compared_columns": parity.compared_columns,
        "ranges_compared": parity.ranges.compared,
        "ranges_differing": parity.ranges.differing,
        "leaves_compared": parity.leaves.compared,
        "leaves_differing": parity.leaves.differing,
        "rows_moved": parity.rows_moved,
    }


def metadata(parity: Parity, path: str) -> dict[str, dg.MetadataValue[Any]]:
    """Of the materialization."""
    missing = ", ".join(parity.missing_columns)
    return {
        "differences": _differences(parity),
        **{name: dg.IntMetadataValue(number) for name, number in numbers(parity).items()},
        **({"columns_missing_in_snowflake": dg.TextMetadataValue(missing)} if missing else {}),
        "seconds": dg.FloatMetadataValue(round(parity.seconds, 3)),
        "file": dg.MetadataValue.path(path),
    }


def check_result(parity: Parity, settings: Settings) -> dg.AssetCheckResult:
    """Passed, or by the settings' thresholds a warning or an error."""
    warn, fail = settings.parity_warn_above_rows, settings.parity_fail_above_rows
    return dg.AssetCheckResult(
        check_name=CHECK,
        passed=parity.unexpected_rows <= min(warn, fail),
        severity=dg.AssetCheckSeverity.ERROR if is_failure(parity, settings) else dg.AssetCheckSeverity.WARN,
        metadata={
            "unexpected_rows": parity.unexpected_rows,
            "warn_above_rows": warn,
            "fail_above_rows": fail,
            "columns_not_compared": len(parity.missing_columns),
        },
    )


def is_failure(parity: Parity, settings: Settings) -> bool:
    return parity.unexpected_rows > settings.parity_fail_above_rows


def as_table(parity: Parity) -> Table:
    """For a terminal: what differs, and the numbers below."""
    table = Table("Column", "Class", "Rows", "First IDs", title=f"{TABLE}: Snowflake and Postgres")
    table.columns[2].justify = "right"
    for column, name, finding in parity.findings():
        table.add_row(column or "(whole row)", name, f"{finding.rows:,}", _first_ids(finding.ids))
    table.add_section()
    for name, number in numbers(parity).items():
        table.add_row(name.replace("_", " "), "", f"{number:,}", "")
    return table


def _differences(parity: Parity) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {"column": column, "class": name, "rows": finding.rows, "first IDs": _first_ids(finding.ids)}
        )
        for column, name, finding in parity.findings()
    ]
    columns = [dg.TableColumn("column"), dg.TableColumn("class")]
    columns += [dg.TableColumn("rows", "int"), dg.TableColumn("first IDs")]
    return dg.TableMetadataValue(records, dg.TableSchema(columns))


def _first_ids(ids: list[int]) -> str:
    return ", ".join(map(str, ids[:_SHOWN_IDS])) + (", …" if len(ids) > _SHOWN_IDS else "")
