"""Write the HTML report of a cycle to REPORT_FOLDER and, where REPORT_S3_PREFIX is set, to S3."""

from dataclasses import dataclass
from pathlib import Path

from conflict_pipeline import s3
from conflict_pipeline.cycles import ledger
from conflict_pipeline.errors import PipelineError, describe
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres import schema
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.report.figures import Report, compute


@dataclass(frozen=True)
class PublishedReport:
    """A written report: the path of its page and, if it was uploaded, the page's S3 address."""

    report: Report
    path: Path
    s3_path: str | None = None

    @property
    def location(self) -> str:
        """Where to open the page: its S3 address if there is one, otherwise its path."""
        return self.s3_path or str(self.path)


def publish(database: Postgres, cycle: Cycle) -> PublishedReport:
    """Compute, draw and write the HTML report of a completed cycle.

    Raises PipelineError if the cycle is not completed, OSError if the folder cannot be written to, and
    s3.UploadError if the upload fails; the local files are complete by then.
    """
    # Imported here because the drawing libraries add half a second to the start of every command.
    from conflict_pipeline.report import files, page, sections  # noqa: PLC0415

    settings = database.settings
    with database.session(f"report {cycle.cycle_key}") as session:
        report = compute(session, cycle, settings)
    content = files.contents(report, page.render(report, sections.sections(report)))
    path = files.write(cycle.cycle_key, content, settings.report_folder)
    if settings.report_s3_prefix is None:
        return PublishedReport(report, path)
    folder = s3.upload(content, f"{settings.report_s3_prefix.rstrip('/')}/{cycle.cycle_key}")
    return PublishedReport(report, path, f"{folder}/{files.PAGE}")


def publish_newest(database: Postgres) -> PublishedReport:
    """Publish the HTML report of the newest cycle; raise PipelineError if it cannot be written."""
    with database.session("report") as session:
        schema.require(session)
        cycle = ledger.require_cycle(session)
    try:
        return publish(database, cycle)
    except (OSError, s3.UploadError) as error:
        raise PipelineError(failure_message(error, database)) from None


def failure_message(error: Exception, database: Postgres) -> str:
    """Return one line, free of data values, that says why the report was not written and what to do."""
    if isinstance(error, OSError):
        folder = database.settings.report_folder.resolve()
        reason = f"{error.strerror or type(error).__name__} (REPORT_FOLDER is {folder})"
    else:
        reason = describe(error).rstrip(".")
    return f"The HTML report was not written: {reason}. Run `conflict-pipeline report` to write it."
