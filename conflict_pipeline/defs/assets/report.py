"""The end of a cycle: the asset `conflict_report`, and the HTML report that belongs to it."""

import dagster as dg

from conflict_pipeline.cycles import run
from conflict_pipeline.defs import metadata
from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.defs.assets.chunks import conflictvisitmaps
from conflict_pipeline.defs.events import Context, log_cycle_completed, record_missing_materializations
from conflict_pipeline.defs.failures import as_dagster_failures
from conflict_pipeline.defs.metadata import Metadata
from conflict_pipeline.defs.resources import PostgresResource
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.report import publish
from conflict_pipeline.report.figures import Report
from conflict_pipeline.report.publish import PublishedReport
from conflict_pipeline.steps import steps_after_chunks


@dg.asset(
    group_name="conflicts",
    kinds={"postgres"},
    owners=OWNERS,
    deps=[conflictvisitmaps, *(step.table for step in steps_after_chunks())],
)
def conflict_report(
    context: dg.AssetExecutionContext, postgres: PostgresResource
) -> dg.MaterializeResult[None]:
    """The finished cycle: closes it once every chunk has completed, sums it up, and writes the HTML report.

    The HTML report is a page in REPORT_FOLDER, with its numbers as Parquet next to it. If it cannot be
    written, the run logs a warning, because the cycle is complete all the same.
    """
    with as_dagster_failures(), (database := postgres.database()).session("conflict_report") as session:
        schema.require(session)
        finished, was_open = run.finish(session)
        record_missing_materializations(context, session, finished.cycle_id)
        log_cycle_completed(context, finished, was_open=was_open)
        numbers = metadata.cycle_metadata(session, finished)
        return dg.MaterializeResult(metadata=numbers | publish_after_cycle(context, database, finished))


def publish_after_cycle(context: Context, database: Postgres, cycle: Cycle) -> Metadata:
    """Publish the HTML report of a cycle that was just closed; return it as metadata, empty if turned off.

    A failure of any kind is logged as a warning and named in the metadata, because the cycle is complete
    even without its HTML report.
    """
    if not database.settings.report_after_cycle:
        return {}
    try:
        published = publish.publish(database, cycle)
    except Exception as error:  # noqa: BLE001 - a missing page must not make a complete cycle look failed
        reason = publish.failure_message(error, database)
        context.log.warning(f"Cycle {cycle.cycle_key} is complete. {reason}")
        return {"report": dg.TextMetadataValue(reason)}
    context.log.info(f"The HTML report is in {published.location}")
    return report_metadata(published)


def report_metadata(published: PublishedReport) -> Metadata:
    """Return where the HTML report is, and its main numbers."""
    report, totals = published.report, published.report.row("totals")
    return {
        "report": dg.MetadataValue.path(published.location),
        "report_preview": dg.MetadataValue.md(_preview(report)),
        "report_seconds": dg.FloatMetadataValue(round(report.seconds, 3)),
        "conflicts": dg.IntMetadataValue(totals["pairs"]),
        "billed_amount_at_risk": dg.FloatMetadataValue(float(totals["amount"])),
    }


def _preview(report: Report) -> str:
    """Return the totals and the rules as two Markdown tables."""
    totals, changes = report.row("totals"), report.row("changes")
    new = "unknown" if changes["new_rows"] is None else f"{changes['new_rows']:,}"
    lines = [
        ("conflicts (pairs)", f"{totals['pairs']:,}"),
        ("visits", f"{totals['visits']:,}"),
        ("aides", f"{totals['aides']:,}"),
        ("providers", f"{totals['providers']:,}"),
        ("billed amount of these visits", f"{totals['amount']:,.0f}"),
        ("new rows", new),
        ("resolved rows", f"{changes['resolved_rows']:,}"),
        ("reopened rows", f"{changes['reopened_rows']:,}"),
    ]
    rules = [(row["rule"], f"{row['pairs']:,}") for row in report.rows("rules")]
    return f"{_markdown('detected', 'number', lines)}\n\n{_markdown('rule', 'conflicts', rules)}"


def _markdown(name: str, number: str, lines: list[tuple[str, str]]) -> str:
    return "\n".join(
        [f"| {name} | {number} |", "|---|---:|", *(f"| {text} | {value} |" for text, value in lines)]
    )
