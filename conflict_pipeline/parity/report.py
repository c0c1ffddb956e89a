"""The result of a comparison as a CSV file and as text for a terminal."""

import csv
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from conflict_pipeline import s3
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.parity.columns import TABLE
from conflict_pipeline.parity.result import Parity
from conflict_pipeline.settings import Settings

# Number of IDs shown for each finding; the file has up to MAX_IDS.
_SHOWN_IDS = 10


def write_file(parity: Parity, settings: Settings) -> str:
    """Write one line for each row, column and class to parity_<UTC time>.csv, and return where it is.

    The file holds at most MAX_IDS rows of each column and class, and no values; the column is empty for a row
    that only one system has. It is in REPORT_FOLDER, readable by its owner only, and, where REPORT_S3_PREFIX
    is set, in S3. Raises PipelineError if it cannot be written.
    """
    folder = settings.report_folder.resolve()
    path = folder / f"parity_{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.csv"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        with path.open("w", newline="", encoding="utf-8") as file:
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


def print_result(parity: Parity, path: str, console: Console) -> None:
    """Print the differences, the counts, the columns that were not compared, and where the file is."""
    console.print(_as_table(parity))
    if parity.missing_columns:
        console.print(f"Not compared, because Snowflake lacks them: {', '.join(parity.missing_columns)}.")
    console.print(f"{parity.seconds:,.1f} s. The IDs are in {path}", highlight=False, soft_wrap=True)


def is_failure(parity: Parity, settings: Settings) -> bool:
    """Return whether more rows differ unexpectedly than PARITY_FAIL_ABOVE_ROWS allows."""
    return parity.unexpected_rows > settings.parity_fail_above_rows


def count_lines(parity: Parity) -> dict[str, int]:
    """Return every count of the comparison by its name."""
    return {
        "rows_in_snowflake": parity.rows_in_snowflake,
        "rows_in_postgres": parity.rows_in_postgres,
        "only_in_snowflake": parity.only_in_snowflake.rows,
        "only_in_postgres": parity.only_in_postgres.rows,
        "differing_rows": parity.differing_rows,
        "unexpected_rows": parity.unexpected_rows,
        "compared_columns": parity.compared_columns,
        "ranges_compared": parity.ranges.compared,
        "ranges_differing": parity.ranges.differing,
        "leaves_compared": parity.leaves.compared,
        "leaves_differing": parity.leaves.differing,
        "rows_moved": parity.rows_moved,
    }


def first_ids(ids: list[int]) -> str:
    """Return the first IDs of a finding, with an ellipsis if there are more."""
    return ", ".join(map(str, ids[:_SHOWN_IDS])) + (", …" if len(ids) > _SHOWN_IDS else "")


def _as_table(parity: Parity) -> Table:
    table = Table("Column", "Class", "Rows", "First IDs", title=f"{TABLE}: Snowflake and Postgres")
    table.columns[2].justify = "right"
    for column, name, finding in parity.findings():
        table.add_row(column or "(whole row)", name, f"{finding.rows:,}", first_ids(finding.ids))
    table.add_section()
    for name, number in count_lines(parity).items():
        table.add_row(name.replace("_", " "), "", f"{number:,}", "")
    return table
