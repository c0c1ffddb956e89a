"""What runs, sensors and commands print on stderr: a line for each thing that an operator wants to know.

Dagster's own console logger prints every internal event, and a stack trace with every failure. Here an error
is its message; its stack is in the event log of the run, and so in the UI, which is the same with either
logger. With LOG_FORMAT=json each line is an object.
"""

import logging
import os
import sys
import weakref
from collections.abc import Mapping

import dagster as dg

from conflict_pipeline.defs.notify import TopicHandler
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import JsonFormatter, TextFormatter, fields, meta
from conflict_pipeline.settings import load_settings, log_format

# Run config that chooses this logger: without it Dagster takes its own.
TO_CONSOLE = dg.RunConfig(loggers={"console": {"config": {}}})

# Runs that Dagster launches have it, those of its command line have not.
_LAUNCHED_TAG = "dagster/code_location"


@dg.logger(
    config_schema=dg.Field(
        {"log_level": dg.Field(str, is_required=False, default_value="INFO")},
        description="Prints what a person wants to know; log_level is its threshold.",
    )
)
def console_logger(context: dg.InitLoggerContext) -> logging.Logger:
    return operators_logger(context.logger_config["log_level"])


def operators_logger(level: int | str = logging.INFO) -> logging.Logger:
    """Prints in the format asked for; what has an event goes to the topic too, if there is one."""
    # Not a registered logger: each run in a process has handlers of its own.
    logger = logging.Logger("conflict_pipeline", level=level)  # noqa: LOG001
    logger.addFilter(_name_event)
    printer = _printer()
    printer.addFilter(_is_for_operators)
    printer.setFormatter(_formatter())
    logger.addHandler(printer)
    topic = _topic()
    if topic:
        logger.addHandler(TopicHandler(topic, warn=logger.warning))
    if log_format() == "json":
        _print_others_as_json()
    return logger


def is_launched(tags: Mapping[str, str]) -> bool:
    """Whether Dagster has launched the run, so that the sensors tell of it; else its own process has to."""
    return _LAUNCHED_TAG in tags


def _printer() -> logging.Handler:
    """To standard error as it is now. While a step is at work, Dagster sends its own to a file that another
    process copies, which it ends with the step, though the last lines may not have been copied yet."""
    try:
        stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    except OSError:  # it is no file
        return logging.StreamHandler(sys.stderr)
    printer = logging.StreamHandler(stream)
    weakref.finalize(printer, stream.close)
    return printer


def _formatter() -> logging.Formatter:
    return JsonFormatter() if log_format() == "json" else TextFormatter()


def _topic() -> str | None:
    try:
        return load_settings().notify_sns_topic_arn
    except PipelineError:
        return None  # the run says what is wrong with the settings


def _name_event(record: logging.LogRecord) -> bool:
    if _is_run_failure(record) and not is_launched(meta(record)["job_tags"]):
        record.fields = {"event": "run_failed"}
    return True


def _is_for_operators(record: logging.LogRecord) -> bool:
    """What our code says, and failures; of Dagster's own events no more than warnings."""
    event = meta(record).get("dagster_event")
    if (
        event is not None
        and _is_run_failure(record)
        and event.event_specific_data.first_step_failure_event is not None
    ):
        # A person has read it as the failure of the step; an alarm looks for the event.
        return log_format() == "json" and "event" in fields(record)
    return event is None or record.levelno >= logging.WARNING


def _is_run_failure(record: logging.LogRecord) -> bool:
    event = meta(record).get("dagster_event")
    return getattr(event, "event_type", None) == dg.DagsterEventType.RUN_FAILURE


def _print_others_as_json() -> None:
    """What libraries and Python itself warn of, where nobody has said yet how to print it."""
    logging.captureWarnings(capture=True)
    if not logging.root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        # Dagster's servers print what they say themselves (--log-format).
        handler.addFilter(lambda record: not logging.getLogger(record.name.partition(".")[0]).handlers)
        logging.root.addHandler(handler)
