"""`conflict-pipeline parity`."""

from rich.console import Console

from conflict_pipeline.parity import report
from conflict_pipeline.parity.compare import compare
from conflict_pipeline.postgres.database import open_postgres
from conflict_pipeline.snowflake.account import open_snowflake


def run(out: Console) -> int:
    """Compare the configured systems; print what differs, and where the file is.

    Returns the exit code: 1 if more rows differ unexpectedly than PARITY_FAIL_ABOVE_ROWS.
    """
    postgres, snowflake = open_postgres(), open_snowflake()
    with postgres.session("parity") as here, snowflake.session("parity") as there:
        parity = compare(here, there, postgres.settings, lambda text: out.print(text, highlight=False))
    path = report.write_file(parity, postgres.settings)
    out.print(report.as_table(parity))
    if parity.missing_columns:
        out.print(f"Not compared, as Snowflake lacks them: {', '.join(parity.missing_columns)}.")
    out.print(f"{parity.seconds:,.1f} s. The IDs are in {path}", highlight=False, soft_wrap=True)
    return int(report.is_failure(parity, postgres.settings))
