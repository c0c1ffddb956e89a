"""Dagster's console logger: what runs and sensors print on standard error, for operators.

Dagster's own console logger prints every internal event, and a stack trace with every failure. This one
prints the message of an error; its stack is in the run's event log, and so in the UI, with either logger.
With LOG_FORMAT=json each line is an object.
"""

import logging
from collections.abc import Mapping
from typing import Any

import dagster as dg

from conflict_pipeline.cycles.chunk_keys import cycle_key, tagged_key
from conflict_pipeline.defs.notify import TopicHandler
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.logs import create_logger, fields
from conflict_pipeline.settings import load_settings, log_format

# Run config that chooses this logger; without it Dagster takes its own.
TO_CONSOLE = dg.RunConfig(loggers={"console": {"config": {}}})

# Runs that Dagster launches have this tag, those of its command line do not.
_LAUNCHED_TAG = "dagster/code_location"
_FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}


@dg.logger(
    config_schema=dg.Field(
        {"log_level": dg.Field(str, is_required=False, default_value="INFO")},
        description="Prints lines for operators; log_level is the threshold.",
    )
)
def console_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Return the logger of one run."""
    return operators_logger(context.logger_config["log_level"])


def operators_logger(level: int | str = logging.INFO) -> logging.Logger:
    """Return a logger that prints as LOG_FORMAT asks, and sends events to the SNS topic, if there is one."""
    logger = create_logger(level, as_json=log_format() == "json")
    logger.addFilter(_add_known_of_dagster)
    for printer in logger.handlers:
        printer.addFilter(_is_for_operators)
    topic = _topic()
    if topic:
        logger.addHandler(TopicHandler(topic, warn=logger.warning))
    return logger


def is_launched(tags: Mapping[str, str]) -> bool:
    """Return whether Dagster launched the run, so that sensors report it; otherwise its process does."""
    return _LAUNCHED_TAG in tags


def error_line(error: Any) -> str:
    """Return the message of an error that an operator can fix, the class of any other: never a value."""
    if error.cls_name == dg.Failure.__name__:
        return str(error.message).partition(": ")[2].strip()
    return str(error.cls_name)


def _topic() -> str | None:
    try:
        return load_settings().notify_sns_topic_arn
    except PipelineError:
        return None  # the run reports the faulty settings


def _add_known_of_dagster(record: logging.LogRecord) -> bool:
    """Put onto the record what logs.py prints: fields, and the text; keep every record."""
    meta = _meta(record)
    known = {
        "job": meta.get("job_name"),
        "step": meta.get("step_key"),
        "run_id": meta.get("run_id"),
        "chunk": tagged_key(meta.get("job_tags", {})),
        **getattr(record, "fields", {}),
    }
    if _is_run_failure(record) and not is_launched(meta["job_tags"]):
        known["event"] = "run_failed"
    if known["chunk"] is not None and known.get("cycle") is None:
        known["cycle"] = cycle_key(known["chunk"])
    record.fields = known
    event = meta.get("dagster_event")
    reason = _reason(event) if event is not None and event.event_type in _FAILURES else None
    record.text = reason or meta.get("orig_message")
    return True


def _is_for_operators(record: logging.LogRecord) -> bool:
    """Return whether to print it: our own lines and failures, and of Dagster's events only warnings."""
    event = _meta(record).get("dagster_event")
    if (
        event is not None
        and _is_run_failure(record)
        and event.event_specific_data.first_step_failure_event is not None
    ):
        # The failure of the step has been printed already; an alarm looks for the event.
        return log_format() == "json" and "event" in fields(record)
    return event is None or record.levelno >= logging.WARNING


def _is_run_failure(record: logging.LogRecord) -> bool:
    event = _meta(record).get("dagster_event")
    return getattr(event, "event_type", None) == dg.DagsterEventType.RUN_FAILURE


def _meta(record: logging.LogRecord) -> dict[str, Any]:
    """Return what Dagster knows of a line that was logged in a run."""
    known: dict[str, Any] = getattr(record, "dagster_meta", {})
    return known


def _reason(event: dg.DagsterEvent) -> str | None:
    """Return why a step or a run failed: the message of a failure, the stack of any other error."""
    data: Any = event.event_specific_data
    first = getattr(data, "first_step_failure_event", None)
    error = first.event_specific_data.error if first else data.error
    if error is None:
        return None
    return error_line(error) if error.cls_name == dg.Failure.__name__ else _stack(error)


def _stack(error: Any) -> str:
    """Return classes and places, with messages of Dagster's own errors only, as others may hold values."""
    is_of_dagster = str(error.cls_name).startswith("Dagster")
    head = error.message.rstrip() if is_of_dagster else error.cls_name
    cause = f"\ncaused by {_stack(error.cause)}" if error.cause else ""
    return f"{head}\n{''.join(error.stack)}".rstrip() + cause
