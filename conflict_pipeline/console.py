"""What a run prints in a terminal: one line for each thing that a person wants to know.

Dagster's own console logger prints every internal event, and a stack trace with every failure. Here an error
that the user can mend is its message; an unexpected one keeps its stack trace. The event log of a run, and so
the UI, is the same with either logger.
"""

import logging
import sys
from typing import Any

import dagster as dg

# Run config that chooses this logger: without it Dagster takes its own.
TO_CONSOLE = dg.RunConfig(loggers={"console": {"config": {}}})

_FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}


class ConsoleFormatter(logging.Formatter):
    """`21:02:15 conflict_report process_chunks: message`, with the step where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        place = " ".join(part for part in (meta.get("job_name"), meta.get("step_key")) if part)
        text = meta.get("orig_message") or record.getMessage()
        event = meta.get("dagster_event")
        if event is not None and event.event_type in _FAILURES:
            text = _failure(event) or text
        level = "" if record.levelno < logging.WARNING else f" {record.levelname}"
        return f"{self.formatTime(record, '%H:%M:%S')} {place}{level}: {text}"


class _WithoutEvents(logging.Filter):
    """Lets through what our code says, and failures."""

    def filter(self, record: logging.LogRecord) -> bool:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        # A failed run repeats its step's error, except when no step got so far.
        if event is not None and event.event_type == dg.DagsterEventType.RUN_FAILURE:
            return _failure(event) is not None and event.event_specific_data.first_step_failure_event is None
        return event is None or record.levelno >= logging.WARNING


def _failure(event: dg.DagsterEvent) -> str | None:
    error = getattr(event.event_specific_data, "error", None)
    if error is None:
        return None
    return error_line(error) if error.cls_name == dg.Failure.__name__ else str(error.to_string())


def error_line(error: Any) -> str:
    """The message of an error that a person can mend, the class of any other: never a value."""
    if error.cls_name == dg.Failure.__name__:
        return str(error.message).partition(": ")[2].strip()
    return str(error.cls_name)


@dg.logger(
    config_schema=dg.Field(
        {"log_level": dg.Field(str, is_required=False, default_value="INFO")},
        description="Prints what a person wants to know; log_level is its threshold.",
    )
)
def console_logger(context: dg.InitLoggerContext) -> logging.Logger:
    # Not a registered logger: each run in a process has a handler of its own.
    logger = logging.Logger("conflict_pipeline", level=context.logger_config["log_level"])  # noqa: LOG001
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ConsoleFormatter())
    handler.addFilter(_WithoutEvents())
    logger.addHandler(handler)
    return logger
