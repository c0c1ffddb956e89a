"""A line for operators: its text, what is known of it, and how it is printed. Never a data value.

What may have to wake somebody has an `event`: `run_failed`, `chunks_stuck` or `cycle_completed`.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from conflict_pipeline.cycles.chunk_keys import cycle_key, tagged_key

_FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}


def about(event: str | None = None, **known: Any) -> dict[str, dict[str, Any]]:
    """The `extra` of a log call: what the line is about, beside what Dagster knows of the lines of a run."""
    return {"fields": {"event": event, **known}}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What is known of job, step, run_id, chunk, cycle, event and so on; nothing that is None."""
    known = meta(record)
    found = {
        "job": known.get("job_name"),
        "step": known.get("step_key"),
        "run_id": known.get("run_id"),
        "chunk": tagged_key(known.get("job_tags", {})),
        **getattr(record, "fields", {}),
    }
    if found["chunk"] is not None and found.get("cycle") is None:
        found["cycle"] = cycle_key(found["chunk"])
    return {name: value for name, value in found.items() if value is not None}


def text(record: logging.LogRecord) -> str:
    """The message for a person; of a failure, the reason."""
    known = meta(record)
    event = known.get("dagster_event")
    reason = _reason(event) if event is not None and event.event_type in _FAILURES else None
    return reason or str(known.get("orig_message") or record.getMessage())


def meta(record: logging.LogRecord) -> dict[str, Any]:
    """What Dagster knows of a line that was said in a run."""
    known: dict[str, Any] = getattr(record, "dagster_meta", {})
    return known


def error_line(error: Any) -> str:
    """The message of an error that a person can mend, the class of any other: never a value."""
    if error.cls_name == dg.Failure.__name__:
        return str(error.message).partition(": ")[2].strip()
    return str(error.cls_name)


class TextFormatter(logging.Formatter):
    """`21:02:15 conflict_report process_chunks: message`, with job and step where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        known = fields(record)
        level = record.levelname if record.levelno >= logging.WARNING else None
        parts = (self.formatTime(record, "%H:%M:%S"), known.get("job"), known.get("step"), level)
        return f"{' '.join(part for part in parts if part)}: {text(record)}"


class JsonFormatter(logging.Formatter):
    """An object a line: time (UTC), level, logger, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": text(record),
            **fields(record),
        }
        if record.exc_info and record.exc_info[0]:
            # Only this of a library's error: its message and stack may hold values.
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str)


def _reason(event: dg.DagsterEvent) -> str | None:
    """Why a step or a run has failed: the message of a failure, the stack of any other error."""
    data: Any = event.event_specific_data
    first = getattr(data, "first_step_failure_event", None)
    error = first.event_specific_data.error if first else data.error
    if error is None:
        return None
    return error_line(error) if error.cls_name == dg.Failure.__name__ else _stack(error)


def _stack(error: Any) -> str:
    """Classes and places; messages of Dagster's own errors only, as others may hold values."""
    is_of_dagster = str(error.cls_name).startswith("Dagster")
    head = error.message.rstrip() if is_of_dagster else error.cls_name
    cause = f"\ncaused by {_stack(error.cause)}" if error.cause else ""
    return f"{head}\n{''.join(error.stack)}".rstrip() + cause
