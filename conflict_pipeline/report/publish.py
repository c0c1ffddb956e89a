"""Write the report of a cycle, and tell of it. What draws is imported only when something is drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from conflict_pipeline import s3
from conflict_pipeline.cycles import ledger
from conflict_pipeline.errors import PipelineError, describe
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.report.figures import Report, compute

Metadata = dict[str, dg.MetadataValue[Any]]


@dataclass(frozen=True)
class Published:
    """A report that has been written, and where its page is."""

    report: Report
    path: Path
    s3_path: str | None = None


def publish(database: Postgres, cycle: Cycle) -> Published:
    """Compute, draw and write the report of a completed cycle."""
    # Half a second, which every other command would pay.
    from conflict_pipeline.report import files, page, sections  # noqa: PLC0415

    settings = database.settings
    with database.session(f"report {cycle.cycle_key}") as session:
        report = compute(session, cycle, settings)
    content = files.contents(report, page.render(report, sections.sections(report)))
    path = files.write(cycle.cycle_key, content, settings.report_folder)
    if settings.report_s3_prefix is None:
        return Published(report, path)
    folder = s3.upload(content, f"{settings.report_s3_prefix.rstrip('/')}/{cycle.cycle_key}")
    return Published(report, path, f"{folder}/{files.PAGE}")


def publish_newest(database: Postgres) -> Published:
    """The same of the newest cycle; PipelineError unless it is completed."""
    with database.session("report") as session:
        schema.require(session)
        cycle = ledger.require_cycle(session)
    try:
        return publish(database, cycle)
    except (OSError, s3.UploadError) as error:
        raise PipelineError(_not_written(error, database)) from None


def after_cycle(
    context: dg.OpExecutionContext | dg.AssetExecutionContext, database: Postgres, cycle: Cycle
) -> Metadata:
    """The report of a cycle that has just been closed, as metadata of it; nothing if it is turned off.

    Whatever goes wrong is a warning, and said in the metadata: the cycle is complete, with or without it.
    """
    if not database.settings.report_after_cycle:
        return {}
    try:
        published = publish(database, cycle)
    except Exception as error:  # noqa: BLE001 - no picture is worth a cycle that looks failed
        reason = _not_written(error, database)
        context.log.warning(f"Cycle {cycle.cycle_key} is complete. {reason}")
        return {"report": dg.TextMetadataValue(reason)}
    context.log.info(f"The report is in {published.s3_path or published.path}")
    return metadata(published)


def metadata(published: Published) -> Metadata:
    """Where the report is, and what is in it at a glance."""
    return {
        "report": dg.MetadataValue.path(published.s3_path or published.path),
        "report_preview": dg.MetadataValue.md(preview(published.report)),
        "report_seconds": dg.FloatMetadataValue(round(published.report.seconds, 3)),
        "conflicts": dg.IntMetadataValue(published.report.row("totals")["pairs"]),
        "billed_amount_at_risk": dg.FloatMetadataValue(float(published.report.row("totals")["amount"])),
    }


def preview(report: Report) -> str:
    """The totals and the rules as Markdown tables."""
    totals, changes = report.row("totals"), report.row("changes")
    new = "unknown" if changes["new_rows"] is None else f"{changes['new_rows']:,}"
    lines = [
        ("conflicts (pairs)", f"{totals['pairs']:,}"),
        ("visits", f"{totals['visits']:,}"),
        ("aides", f"{totals['aides']:,}"),
        ("providers", f"{totals['providers']:,}"),
        ("billed amount of these visits", f"{totals['amount']:,.0f}"),
        ("rows newly found", new),
        ("rows resolved", f"{changes['resolved_rows']:,}"),
        ("rows reopened", f"{changes['reopened_rows']:,}"),
    ]
    rules = [(row["rule"], f"{row['pairs']:,}") for row in report.rows("rules")]
    return f"{_markdown('detected', 'number', lines)}\n\n{_markdown('rule', 'conflicts', rules)}"


def _markdown(name: str, number: str, lines: list[tuple[str, str]]) -> str:
    return "\n".join(
        [f"| {name} | {number} |", "|---|---:|", *(f"| {text} | {value} |" for text, value in lines)]
    )


def _not_written(error: Exception, database: Postgres) -> str:
    """One line that holds no data value: why, and how to go on."""
    if isinstance(error, OSError):
        folder = database.settings.report_folder.resolve()
        reason = f"{error.strerror or type(error).__name__} (REPORT_FOLDER is {folder})"
    else:
        reason = describe(error).rstrip(".")
    return f"The report was not written: {reason}. `conflict-pipeline report` writes it."
